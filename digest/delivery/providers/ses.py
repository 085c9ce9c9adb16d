"""Amazon SES, API v2: a mail a call, as it is (`Raw`), so it is the same mail as by SMTP.

Errors are those of https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html. SES writes its own Message-ID and Date
(https://docs.aws.amazon.com/ses/latest/dg/header-fields.html). Opens and clicks are tracked by what a configuration
set says, and by nothing in a mail. An address on the account's suppression list is accepted, and bounces.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from digest.config.provider_settings import SesSettings
from digest.core.retry_after import read_retry_after
from digest.core.text import one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.mime import wire_of
from digest.errors import ConfigError, DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        ProxyConnectionError,
        SSLError,
    )
    from botocore.parsers import ResponseParserError
except ModuleNotFoundError as error:
    raise ConfigError(
        f"Amazon SES needs a package that is not there: {error.name}",
        location="[delivery] provider",
        hint="install it with `pip install 'news-digest[ses]'`",
    ) from None

_TOO_MANY = ("TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException")
_ABOUT_US = (
    "AccountSuspendedException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",  # the configuration set
    "SendingPausedException",
)
_NOT_VERIFIED = "identities failed the check"

_NOT_ALLOWED = (401, 403)
_NOT_NOW = 503
_SERVER_ERROR = 500

_NEVER_LEFT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_IN_DOUBT = (HTTPClientError, SSLError, ResponseParserError, AttributeError, TypeError, ValueError)
"""What goes wrong once there is a connection, or where that cannot be told; boto3 reads an answer of another shape
without looking first."""


def open_provider(settings: SesSettings, _secret: str) -> SesProvider:
    """The provider for these settings. Raises DeliveryError where there is no region."""
    return SesProvider(settings)


class SesProvider:
    """Sends with boto3, which finds the credentials."""

    name = "ses"
    batch_size = 1

    def __init__(self, settings: SesSettings) -> None:
        self._settings = settings
        self._where = settings.endpoint or "[delivery.ses]"
        config = Config(
            connect_timeout=settings.timeout,
            read_timeout=settings.timeout,
            # By itself boto3 asks again after a timeout, and the reader would get it twice.
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        try:
            # A session of its own: boto3's default one is not for several threads.
            self._client = boto3.session.Session().client(
                "sesv2",
                region_name=settings.region or None,
                endpoint_url=settings.endpoint or None,
                config=config,
            )
        except (BotoCoreError, ValueError) as error:
            raise self._unusable(error) from None
        self._where = str(self._client.meta.endpoint_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    def check(self) -> None:
        """Prove that the account may send to anybody, and that its configuration set is there and tracks nobody.

        Raises:
            DeliveryError: the first of these that is not so.
        """
        account = self._look("get_account")
        if not account.get("SendingEnabled"):
            raise self._error("does not let this account send", "see its status in the console of Amazon SES")
        if not account.get("ProductionAccessEnabled"):
            what = "sends to verified addresses only: the account is in the sandbox"
            raise self._error(what, "ask for production access in the console of Amazon SES")
        if name := self._settings.configuration_set:
            told = self._look("get_configuration_set_event_destinations", ConfigurationSetName=name)
            tracked = {
                event
                for destination in told.get("EventDestinations", [])
                if destination.get("Enabled")
                for event in destination["MatchingEventTypes"]
            }
            if tracked & {"OPEN", "CLICK"}:
                what = f"tracks who opens a mail or follows a link: the configuration set {name} says so"
                raise self._error(what, "take OPEN and CLICK out of its event destinations, or use another set")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient.

        Raises:
            DeliveryError: SES cannot be reached, refuses the credentials or the sender, or the account may not send.
        """
        return [self._send(message, recipient) for recipient in recipients]

    def _send(self, message: Message, recipient: Recipient) -> Receipt:
        wire = wire_of(message)
        try:
            mail, address = wire.mail(recipient), ascii_address(recipient.email)
        except ValueError as error:
            return Receipt(recipient, Outcome.REFUSED, str(error))
        request: dict[str, Any] = {
            "Destination": {"ToAddresses": [address]},
            "Content": {"Raw": {"Data": mail}},
            # Comes back in every event: it names the recipient to us and to nobody else.
            "EmailTags": [{"Name": "recipient", "Value": recipient.message_id.partition("@")[0]}],
        }
        if self._settings.configuration_set:
            request["ConfigurationSetName"] = self._settings.configuration_set
        try:
            answer = self._client.send_email(**request)
        except ClientError as error:
            return self._after_refusal(recipient, error)
        except _NEVER_LEFT as error:
            raise self._unreachable(error) from None
        except _IN_DOUBT as error:
            return Receipt(recipient, Outcome.IN_DOUBT, f"no answer after the request was sent: {_words(error)}")
        except BotoCoreError as error:
            raise self._unusable(error) from None
        if not answer.get("MessageId"):
            return Receipt(recipient, Outcome.IN_DOUBT, "an answer that says nothing")
        return Receipt(recipient, Outcome.ACCEPTED, str(answer["MessageId"]))

    def _after_refusal(self, recipient: Recipient, error: ClientError) -> Receipt:
        status, code, words = _told(error)
        what = f"{status} {code}: {words}"
        if code in _TOO_MANY:
            pause = read_retry_after(error.response["ResponseMetadata"].get("HTTPHeaders", {}))
            return Receipt(recipient, Outcome.DEFERRED, what, pause)
        if status >= _SERVER_ERROR:
            # A code is SES's own word; where there is none but the status, a gateway speaks, which knows nothing.
            refused = status == _NOT_NOW and not code.isdigit()
            return Receipt(recipient, Outcome.DEFERRED if refused else Outcome.IN_DOUBT, what)
        if status in _NOT_ALLOWED or code in _ABOUT_US or _is_sender(words, recipient):
            raise self._refused(error)
        return Receipt(recipient, Outcome.REFUSED, what)

    def _look(self, operation: str, **given: str) -> dict[str, Any]:
        """What an operation that changes nothing answers. Raises DeliveryError."""
        try:
            told: dict[str, Any] = getattr(self._client, operation)(**given)
        except ClientError as error:
            raise self._refused(error) from None
        except (*_NEVER_LEFT, *_IN_DOUBT) as error:
            raise self._unreachable(error) from None
        except BotoCoreError as error:
            raise self._unusable(error) from None
        return told

    def _refused(self, error: ClientError) -> DeliveryError:
        status, code, words = _told(error)
        step = (
            "check the AWS credentials and what they allow, [delivery.ses] region and configuration_set, "
            "and that [delivery] from is a verified identity there"
        )
        return self._error(f"refuses the account or the sender: {status} {code}: {words}", step)

    def _unreachable(self, error: Exception) -> DeliveryError:
        return self._error(f"cannot be reached: {_words(error)}", "check the network and [delivery.ses] region")

    def _unusable(self, error: Exception) -> DeliveryError:
        what = f"cannot be asked: {_words(error)}"
        return self._error(what, "set up AWS credentials, as for every AWS program, and see [delivery.ses]")

    def _error(self, what: str, hint: str) -> DeliveryError:
        return DeliveryError(f"Amazon SES {what}", location=self._where, hint=hint)


def _is_sender(words: str, recipient: Recipient) -> bool:
    """Whether it is the sender that is not verified; in the sandbox, recipients have to be, too."""
    if _NOT_VERIFIED not in words:
        return False
    identities = words.rpartition(": ")[2].casefold().split(", ")
    return identities != [ascii_address(recipient.email).casefold()]


def _told(error: ClientError) -> tuple[int, str, str]:
    """Status, code and words of an answer that refuses."""
    status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    told = error.response.get("Error", {})
    return status, str(told.get("Code", status)), one_line(str(told.get("Message", "")))[:300] or "no reason given"


def _words(error: Exception) -> str:
    return one_line(str(error))[:300] or type(error).__name__
