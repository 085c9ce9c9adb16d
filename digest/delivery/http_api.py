"""A provider's HTTP API: what its answer, or the want of one, means for those it was asked to send to."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

import httpx

from digest.core.retry_after import read_retry_after
from digest.core.text import describe_error, one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.mime import header_value
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

BAD_ADDRESS = "5.1.3"
"""RFC 3463: bad destination mailbox address syntax. A receipt that says so is a bounce."""

_OWN_FIELDS = ("From", "Reply-To", "Date")
"""Headers that each API takes as fields of the request, or sets itself."""

_NOT_ALLOWED = (401, 403)
_TOO_LARGE = 413
_TOO_MANY = 429
_NOT_NOW = 503
_SERVER_ERROR = 500

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol, UnicodeError)
"""What goes wrong before there is a connection; whatever comes later may have reached the server."""

_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer of another shape raises."""

_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")
"""A name that stands in an address without quotes (RFC 5322 3.2.3, RFC 6532 3.2)."""


class ApiSettings(Protocol):
    """What the settings of every such provider have."""

    @property
    def secret(self) -> str:
        """The environment's name for the key."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that a connection, or any part of an answer, may take."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `body` is None where it is no JSON."""

    status: int
    body: Any
    words: str
    headers: Mapping[str, str]

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked to, and says so."""
        return 200 <= self.status < 300 and self.body is not None  # noqa: PLR2004 - RFC 9110 15.3

    @property
    def doubtful(self) -> bool:
        """Whether the server may have done what it was asked to all the same.

        A gateway (502, 504) tells nothing of the server behind it, which may have accepted, and neither does a server
        that failed on the way (500). 503 says that it did not begin, when it is the API's own word and no proxy's.
        """
        refused = 400 <= self.status < _SERVER_ERROR  # noqa: PLR2004 - RFC 9110 15.5
        return not (self.good or refused or (self.status == _NOT_NOW and self.body is not None))


class UnansweredError(Exception):
    """The request went out, and no answer came back."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A recipient, and what is their own in a request."""

    recipient: Recipient
    own: Any


class ApiProvider(ABC):
    """What the providers with an HTTP API have in common; each says what a request is and how its answer is read."""

    name: ClassVar[str]
    batch_size: ClassVar[int]
    title: ClassVar[str]
    """The provider, in messages."""
    hint: ClassVar[str]
    """What else to look at where it refuses the key or the sender."""

    def __init__(
        self, settings: ApiSettings, host: str, secret: str, *, headers: Mapping[str, str], basic: str = ""
    ) -> None:
        """`headers` go with each request; the key with HTTP's own login where that has a user's name, `basic`."""
        self._host = host
        self._secret_name = settings.secret
        if not re.fullmatch(r"[!-~]+", secret):
            raise self.error("has no such key: it holds a character that no key has", f"check {settings.secret}")
        try:
            self._client = httpx.Client(
                base_url=host,
                timeout=settings.timeout,
                headers={"Accept": "application/json", **headers},
                auth=(basic, secret) if basic else None,
            )
        except httpx.InvalidURL as error:
            raise self._unreachable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    # --- what each provider says --------------------------------------------------------------------------------------

    @abstractmethod
    def check(self) -> None:
        """Prove, without sending anything, that the provider lets us in. Raises DeliveryError."""

    @abstractmethod
    def own(self, message: Message, recipient: Recipient) -> Any:
        """What is a recipient's own in a request. Raises ValueError when they cannot be sent to."""

    @abstractmethod
    def ask(self, message: Message, letters: Sequence[Letter]) -> Answer:
        """Send one request for all letters. Raises as `request` does."""

    @abstractmethod
    def read(self, answer: Answer, letters: Sequence[Letter]) -> list[Receipt]:
        """The receipts in an answer that is good.

        Raises:
            AttributeError, LookupError, TypeError, ValueError: there is not one for each in it.
            DeliveryError: nobody was sent anything, and nobody would be.
        """

    def in_doubt(self, answer: Answer) -> bool:
        """Whether some of those asked for may have been sent to, though the answer is no good one."""
        return answer.doubtful

    def refuses_recipient(self, _answer: Answer) -> bool:
        """Whether the request was refused for the sake of a recipient's address, without saying whose."""
        return False

    def refuses_size(self, answer: Answer) -> bool:
        """Whether a smaller request might be taken."""
        return answer.status == _TOO_LARGE

    def pause(self, answer: Answer) -> float | None:
        """The seconds to wait, 0 if unknown, where the request was not taken for now; None where it is not that."""
        return read_retry_after(answer.headers) if answer.status in (_TOO_MANY, _NOT_NOW) else None

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient and say what became of each, in their order.

        Raises:
            DeliveryError: the provider cannot be reached, refuses the key or the sender, or the request as such.
        """
        receipts: dict[str, Receipt] = {}
        letters = []
        for recipient in recipients:
            try:
                letters.append(Letter(recipient, self.own(message, recipient)))
            except ValueError as error:
                receipts[recipient.email] = Receipt(recipient, Outcome.REFUSED, str(error))
        if letters:
            receipts |= {receipt.recipient.email: receipt for receipt in self.deliver(message, letters)}
        return [receipts[recipient.email] for recipient in recipients]

    def deliver(self, message: Message, letters: Sequence[Letter]) -> list[Receipt]:
        """Ask for all letters at once, or in parts where that is refused; what became of each. Raises as `send`."""
        try:
            answer = self.ask(message, letters)
        except UnansweredError as error:
            return all_of(letters, Outcome.IN_DOUBT, f"no answer after the request was sent: {error}")
        if answer.good:
            try:
                return self.read(answer, letters)
            except _UNREADABLE:
                return all_of(letters, Outcome.IN_DOUBT, f"an answer that says nothing: {answer.status} {answer.words}")
        if self.in_doubt(answer):
            return all_of(letters, Outcome.IN_DOUBT, f"an answer that says nothing: {answer.status} {answer.words}")
        if (pause := self.pause(answer)) is not None:
            return all_of(letters, Outcome.DEFERRED, f"{answer.status} {answer.words}", pause)
        return self._refused(message, letters, answer)

    def _refused(self, message: Message, letters: Sequence[Letter], answer: Answer) -> list[Receipt]:
        """What comes of an answer by which nobody was sent anything."""
        about_recipient = self.refuses_recipient(answer)
        if len(letters) > 1 and (about_recipient or self.refuses_size(answer)):
            middle = len(letters) // 2
            return self.in_turn(message, (letters[:middle], letters[middle:]))
        if about_recipient:
            return all_of(letters, Outcome.REFUSED, f"{answer.status} {BAD_ADDRESS} {answer.words}")
        if answer.status == _TOO_LARGE:
            raise self.error(f"finds the mail too large: {answer.words}", "send fewer stories, or fewer pictures in it")
        raise self.refusal(answer)

    def in_turn(self, message: Message, groups: Iterable[Sequence[Letter]]) -> list[Receipt]:
        """Deliver to one group after the other. Raises as `send` while nobody was sent anything."""
        receipts: list[Receipt] = []
        for group in groups:
            try:
                receipts += self.deliver(message, group)
            except DeliveryError as error:
                if not receipts:
                    raise
                # Raised, it would say that nobody was sent anything, and the groups before would get it twice.
                receipts += all_of(group, Outcome.DEFERRED, one_line(error.message))
        return receipts

    # --- requests and errors ------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, **content: Any) -> Answer:
        """An answer, whatever it says.

        Raises:
            DeliveryError: there was no connection, so nothing was sent.
            UnansweredError: the request may have arrived, and no answer did.
        """
        try:
            told = self._client.request(method, path, **content)
        except _NEVER_LEFT as error:
            raise self._unreachable(error) from None
        except httpx.HTTPError as error:
            raise UnansweredError(describe_error(error)) from None
        try:
            body = told.json()
        except ValueError:
            body = None
        return Answer(told.status_code, body, _words(body, told.text), told.headers)

    def inquire(self, path: str, method: str = "GET", **content: Any) -> Answer:
        """An answer to a request that sends nothing, for a check. Raises DeliveryError where there is none."""
        try:
            return self.request(method, path, **content)
        except UnansweredError as error:
            raise self._unreachable(error) from None

    def look(self, path: str) -> dict[str, Any]:
        """The object at a path, for a check. Raises DeliveryError when it cannot be had."""
        answer = self.inquire(path)
        if not answer.good:
            raise self.refusal(answer)
        if not isinstance(answer.body, dict):
            raise self.error(f"answers with something else: {answer.words}", f"check [delivery.{self.name}] host")
        return answer.body

    def refusal(self, answer: Answer) -> DeliveryError:
        """The error of an answer by which nobody was sent anything, and nobody would be."""
        if answer.status in _NOT_ALLOWED:
            what = f"refuses the key or the sender: {answer.status} {answer.words}"
            return self.error(what, f"check {self._secret_name}, and {self.hint}")
        what = f"refuses the request: {answer.status} {answer.words}"
        return self.error(what, f"mend what it names, or check {self.hint}; nobody was sent anything")

    def error(self, what: str, hint: str) -> DeliveryError:
        """An error of this provider's."""
        return DeliveryError(f"{self.title} {what}", location=self._host, hint=hint)

    def _unreachable(self, error: Exception) -> DeliveryError:
        reason = describe_error(error)
        return self.error(f"cannot be reached: {reason}", f"check the network and [delivery.{self.name}] host")


# --- what requests are made of ----------------------------------------------------------------------------------------


def mailbox(value: str) -> str:
    """A header's `Name <address>` as the APIs take it: unencoded, the address in ASCII."""
    name, address = parseaddr(one_line(value))
    return _written(name, ascii_address(address))


def mailbox_of(recipient: Recipient) -> str:
    """The To of a recipient. Raises ValueError where the address needs SMTPUTF8, which none of these APIs sends."""
    return _written(one_line(recipient.name), ascii_address(recipient.email))


def _written(name: str, address: str) -> str:
    if not name or _ATOMS.fullmatch(name):
        return f"{name} <{address}>" if name else address
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def headers_of(message: Message, recipient: Recipient) -> dict[str, str]:
    """The headers a recipient's mail has besides what an API takes as fields. Raises ValueError, see `header_value`."""
    return {
        name: header_value(message, name, value, recipient)
        for name, value in message.headers
        if name not in _OWN_FIELDS
    }


def known_as(recipient: Recipient) -> str:
    """What comes back in every event: it names the recipient to us and to nobody else."""
    return recipient.message_id.partition("@")[0]


def all_of(letters: Iterable[Letter], outcome: Outcome, detail: str, pause: float = 0.0) -> list[Receipt]:
    """The same receipt for each."""
    return [Receipt(letter.recipient, outcome, detail, pause) for letter in letters]


def _words(body: Any, text: str) -> str:
    told = (body.get("message") or body.get("Message") or body.get("error")) if isinstance(body, dict) else None
    return one_line(str(told or text))[:300] or "no reason given"
