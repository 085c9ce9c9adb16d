"""What the providers with an HTTP API share: what each response, or its absence, means for a batch of recipients."""

from __future__ import annotations

import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from digest.core.retry_after import read_retry_after
from digest.core.text import one_line
from digest.delivery.http_api.client import ApiClient, NoResponseError, NotConnectedError, Response
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

logger = logging.getLogger(__name__)

BAD_ADDRESS = "5.1.3"
"""RFC 3463: bad destination mailbox address syntax. A receipt with this code is a bounce."""

_UNAUTHORIZED = (401, 403)
_TOO_LARGE = 413
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_UNAVAILABLE = 503

_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What parsing a response of another shape raises."""


class ApiSettings(Protocol):
    """What the settings of every such provider have."""

    @property
    def secret_variable(self) -> str:
        """The name of the environment variable with the key."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds that a connection, or any part of a response, may take."""
        ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """A recipient with their part of a request."""

    recipient: Recipient
    payload: Any


class ApiProvider(ABC):
    """A provider with an HTTP API: each subclass defines its requests, and how to read its responses."""

    name: str
    batch_size: int
    title: str
    """The provider's name in messages."""
    setup_hint: str
    """What else to check when the provider refuses the key or the sender."""

    def __init__(self, settings: ApiSettings, host: str, secret: str) -> None:
        """Prepare the client; nothing is connected yet.

        Raises:
            DeliveryError: the key or the host cannot be valid.
        """
        self._host = host
        self._secret_name = settings.secret_variable
        if not re.fullmatch(r"[!-~]+", secret):
            message = "cannot accept this key: it is empty, or has a space or a character that is not ASCII"
            raise self.error(message, f"check {settings.secret_variable}")
        try:
            self._client = self.open_client(host, secret, settings.timeout)
        except NotConnectedError as error:
            raise self._unreachable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    # --- defined by each provider -------------------------------------------------------------------------------------

    @abstractmethod
    def open_client(self, host: str, secret: str, timeout: float) -> ApiClient:
        """Return the client for this provider's requests, which authenticates them.

        Raises:
            NotConnectedError: `host` is not a valid URL.
        """

    @abstractmethod
    def check(self) -> None:
        """Prove, without sending anything, that the provider can be reached and accepts the key.

        Raises:
            DeliveryError: it cannot, or does not.
        """

    @abstractmethod
    def payload_for(self, message: Message, recipient: Recipient) -> Any:
        """Return a recipient's part of a request. Raises ValueError if the recipient cannot be sent to."""

    @abstractmethod
    def post(self, message: Message, envelopes: Sequence[Envelope]) -> Response:
        """Send one request for all envelopes. Raises as `request` does."""

    @abstractmethod
    def parse(self, response: Response, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Return the receipts in a successful response.

        Raises:
            AttributeError, LookupError, TypeError, ValueError: it does not have one for each envelope.
            DeliveryError: nobody was sent anything, and nobody would be.
        """

    # --- what a response means, unless a provider overrides it ------------------------------------------------------

    def is_success(self, response: Response) -> bool:
        """Return whether the server did what it was asked to and the API itself says so: a proxy's page is not JSON."""
        return 200 <= response.status < 300 and response.body is not None  # noqa: PLR2004 - RFC 9110 15.3

    def is_ambiguous(self, response: Response) -> bool:
        """Return whether some of the recipients may have been sent to, although the response is not a success.

        A gateway's error (502, 504) does not show what the server behind it did, which may have accepted the mails, and
        a server that failed on the way (500) may have sent some. 503 means that it did not begin, if the API itself and
        no proxy says so.
        """
        if self.is_success(response) or 400 <= response.status < _SERVER_ERROR:  # noqa: PLR2004 - RFC 9110 15.5
            return False
        return response.status != _UNAVAILABLE or response.body is None

    def retry_delay(self, response: Response) -> float | None:
        """Return the seconds to wait, 0 if unknown, if the request was refused for now; None if it was not."""
        if response.status not in (_TOO_MANY_REQUESTS, _UNAVAILABLE):
            return None
        return read_retry_after(response.headers)

    def rejects_recipient(self, _response: Response) -> bool:
        """Return whether the request was refused because of one recipient's address, without naming it."""
        return False

    def rejects_size(self, response: Response) -> bool:
        """Return whether a smaller request might be accepted."""
        return response.status == _TOO_LARGE

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient; return their receipts in the same order.

        Raises:
            DeliveryError: the provider cannot be reached, or refuses the key, the sender, or the request as such.
        """
        receipts: dict[str, Receipt] = {}
        envelopes = []
        for recipient in recipients:
            try:
                envelopes.append(Envelope(recipient, self.payload_for(message, recipient)))
            except ValueError as error:
                receipts[recipient.email] = Receipt(recipient, Outcome.REFUSED, str(error))
        if envelopes:
            receipts |= {receipt.recipient.email: receipt for receipt in self.deliver(message, envelopes)}
        return [receipts[recipient.email] for recipient in recipients]

    def deliver(self, message: Message, envelopes: Sequence[Envelope]) -> list[Receipt]:
        """Send all envelopes in one request, or in parts if that is refused. Raises as `send`."""
        logger.debug("%s: sending a request for %d recipients", self.title, len(envelopes))
        try:
            response = self.post(message, envelopes)
        except NoResponseError as error:
            return receipts_for(envelopes, Outcome.IN_DOUBT, f"no answer after the request was sent: {error}")
        if self.is_success(response):
            try:
                return self.parse(response, envelopes)
            except _UNREADABLE:
                return receipts_for(envelopes, Outcome.IN_DOUBT, _describe(response))
        if self.is_ambiguous(response):
            return receipts_for(envelopes, Outcome.IN_DOUBT, _describe(response))
        if (delay := self.retry_delay(response)) is not None:
            return receipts_for(envelopes, Outcome.DEFERRED, _describe(response), delay)
        return self.after_refusal(message, envelopes, response)

    def after_refusal(self, message: Message, envelopes: Sequence[Envelope], response: Response) -> list[Receipt]:
        """Return the receipts after a response by which nobody was sent anything. Raises as `send`."""
        is_about_recipient = self.rejects_recipient(response)
        if len(envelopes) > 1 and (is_about_recipient or self.rejects_size(response)):
            middle = len(envelopes) // 2
            return self.deliver_in_turn(message, (envelopes[:middle], envelopes[middle:]))
        if is_about_recipient:
            return receipts_for(envelopes, Outcome.REFUSED, f"{response.status} {BAD_ADDRESS} {response.text}")
        if response.status == _TOO_LARGE:
            hint = "send fewer stories, or fewer or smaller pictures"
            raise self.error(f"refuses the mail as too large: {response.text}", hint)
        raise self.refusal(response)

    def deliver_in_turn(self, message: Message, groups: Iterable[Sequence[Envelope]]) -> list[Receipt]:
        """Deliver one group after the other. Raises as `send`, but only while nobody has been sent anything."""
        receipts: list[Receipt] = []
        for group in groups:
            try:
                receipts += self.deliver(message, group)
            except DeliveryError as error:
                if not receipts:
                    raise
                # Raised, it would mean that nobody was sent anything, and the earlier groups would get the mail twice.
                receipts += receipts_for(group, Outcome.DEFERRED, one_line(error.message))
        return receipts

    # --- requests and errors ------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, **content: Any) -> Response:
        """Return the response to a request, whatever its status.

        Raises:
            DeliveryError: there was no connection, so nothing was sent.
            NoResponseError: the request may have arrived, and no response did.
        """
        try:
            response = self._client.request(method, path, **content)
        except NotConnectedError as error:
            raise self._unreachable(error) from None
        except NoResponseError as error:
            logger.debug("%s: %s %s: no response: %s", self.title, method, path, error)
            raise
        logger.debug("%s: %s %s: %d %s", self.title, method, path, response.status, response.text)
        return response

    def probe(self, path: str, method: str = "GET", **content: Any) -> Response:
        """Return the response to a request that sends nothing, for a check. Raises DeliveryError if there is none."""
        try:
            return self.request(method, path, **content)
        except NoResponseError as error:
            raise self._unreachable(error) from None

    def get_object(self, path: str) -> dict[str, Any]:
        """Return the JSON object at a path, for a check. Raises DeliveryError if there is none."""
        response = self.probe(path)
        if not self.is_success(response):
            raise self.refusal(response)
        if not isinstance(response.body, dict):
            raise self.error(f"sent an unexpected response: {response.text}", f"check [delivery.{self.name}] host")
        return response.body

    def refusal(self, response: Response) -> DeliveryError:
        """Return the error for a response by which nobody was sent anything, and nobody would be."""
        if response.status in _UNAUTHORIZED:
            message = f"refuses the key or the sender: {response.status} {response.text}"
            return self.error(message, f"check {self._secret_name}, and {self.setup_hint}")
        message = f"refuses the request: {response.status} {response.text}"
        return self.error(message, f"fix what it names, or check {self.setup_hint}; nobody was sent anything")

    def error(self, message: str, hint: str) -> DeliveryError:
        """Return an error of this provider; its title goes before the message."""
        return DeliveryError(f"{self.title} {message}", location=self._host, hint=hint)

    def _unreachable(self, error: Exception) -> DeliveryError:
        return self.error(f"cannot be reached: {error}", f"check the network and [delivery.{self.name}] host")


def receipts_for(
    envelopes: Iterable[Envelope], outcome: Outcome, detail: str, retry_after: float = 0.0
) -> list[Receipt]:
    """Return the same receipt for each envelope."""
    return [Receipt(envelope.recipient, outcome, detail, retry_after) for envelope in envelopes]


def _describe(response: Response) -> str:
    """Return a response to a whole batch as a receipt's detail."""
    is_error = response.status >= 400  # noqa: PLR2004 - RFC 9110 15.5
    return f"{'' if is_error else 'unexpected response '}{response.status}: {response.text}"
