"""Amazon SES, API v2: one complete mail a request (`Raw`), the same as by SMTP.

Errors are those of https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html. SES writes its own Message-ID and Date
(https://docs.aws.amazon.com/ses/latest/dg/header-fields.html). Whether opens and clicks are tracked depends on
the configuration set only. An address on the account's suppression list is accepted, and bounces.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from digest.config.provider_settings import SesSettings
from digest.core.retry_after import read_retry_after
from digest.core.text import describe_error, one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.mime import compile_message
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
        f"Amazon SES needs a package that is not installed: {error.name}",
        location="[delivery] provider",
        hint="install it with `pip install 'news-digest[ses]'`",
    ) from None

logger = logging.getLogger(__name__)

# At debug boto3 logs whole requests, with their credentials.
logging.getLogger("botocore").setLevel(logging.WARNING)

_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException")
_SENDER_ERRORS = (
    "AccountSuspendedException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",  # the configuration set
    "SendingPausedException",
)
"""Error codes that every other recipient would get, too."""
_NOT_VERIFIED = "identities failed the check"

_UNAUTHORIZED = (401, 403)
_UNAVAILABLE = 503
_SERVER_ERROR = 500

_LONGEST_TEXT = 300

_NOT_CONNECTED = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_AMBIGUOUS = (HTTPClientError, SSLError, ResponseParserError, AttributeError, TypeError, ValueError)
"""What goes wrong once there is a connection, or where that is unknown; boto3 reads a response of another shape without
checking it first."""


class SesProvider:
    """Sends with boto3, which finds the credentials."""

    name = "ses"
    batch_size = 1

    def __init__(self, settings: SesSettings, _secret: str) -> None:
        """Prepare the client. Raises DeliveryError if the region is missing or the endpoint is not a valid URL."""
        self._settings = settings
        self._location = settings.endpoint or "[delivery.ses]"
        config = Config(
            connect_timeout=settings.timeout,
            read_timeout=settings.timeout,
            # By default boto3 repeats a request after a timeout, and the reader would get the mail twice.
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        try:
            # A session of its own: boto3's default one is not thread-safe.
            self._client = boto3.session.Session().client(
                "sesv2",
                region_name=settings.region or None,
                endpoint_url=settings.endpoint or None,
                config=config,
            )
        except (BotoCoreError, ValueError) as error:
            raise self._unusable(error) from None
        self._location = str(self._client.meta.endpoint_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    def check(self) -> None:
        """Prove that the account may send to anybody, and that its configuration set exists and tracks nobody.

        Raises:
            DeliveryError: one of these is not the case.
        """
        account = self._query("get_account")
        if not account.get("SendingEnabled"):
            raise self._error("does not let this account send", "see its status in the console of Amazon SES")
        if not account.get("ProductionAccessEnabled"):
            message = "sends to verified addresses only: the account is in the sandbox"
            raise self._error(message, "request production access in the console of Amazon SES")
        if name := self._settings.configuration_set:
            response = self._query("get_configuration_set_event_destinations", ConfigurationSetName=name)
            tracked = {
                event
                for destination in response.get("EventDestinations", [])
                if destination.get("Enabled")
                for event in destination["MatchingEventTypes"]
            }
            if tracked & {"OPEN", "CLICK"}:
                message = f"tracks opens or clicks: the configuration set {name} says so"
                raise self._error(message, "remove OPEN and CLICK from its event destinations, or use another set")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient; return their receipts in the same order.

        Raises:
            DeliveryError: SES cannot be reached, refuses the credentials or the sender, or the account may not send.
        """
        return [self._send(message, recipient) for recipient in recipients]

    def _send(self, message: Message, recipient: Recipient) -> Receipt:
        try:
            mail, address = compile_message(message).mail_for(recipient), ascii_address(recipient.email)
        except ValueError as error:
            return Receipt(recipient, Outcome.REFUSED, str(error))
        request: dict[str, Any] = {
            "Destination": {"ToAddresses": [address]},
            "Content": {"Raw": {"Data": mail}},
            # Comes back in every event: it identifies the recipient to us and to nobody else.
            "EmailTags": [{"Name": "recipient", "Value": recipient.message_id.partition("@")[0]}],
        }
        if self._settings.configuration_set:
            request["ConfigurationSetName"] = self._settings.configuration_set
        logger.debug("Amazon SES: sending a mail of %d bytes to %s", len(mail), address)
        try:
            response = self._client.send_email(**request)
        except ClientError as error:
            return self._after_refusal(recipient, error)
        except _NOT_CONNECTED as error:
            raise self._unreachable(error) from None
        except _AMBIGUOUS as error:
            return Receipt(recipient, Outcome.IN_DOUBT, f"no answer after the request was sent: {_text(error)}")
        except BotoCoreError as error:
            raise self._unusable(error) from None
        if not response.get("MessageId"):
            return Receipt(recipient, Outcome.IN_DOUBT, "an unexpected response: it has no MessageId")
        logger.debug("Amazon SES: accepted as %s", response["MessageId"])
        return Receipt(recipient, Outcome.ACCEPTED, str(response["MessageId"]))

    def _after_refusal(self, recipient: Recipient, error: ClientError) -> Receipt:
        status, code, text = _parse_error(error)
        detail = f"{status} {code}: {text}"
        logger.debug("Amazon SES: %s", detail)
        if code in _THROTTLED:
            delay = read_retry_after(error.response["ResponseMetadata"].get("HTTPHeaders", {}))
            return Receipt(recipient, Outcome.DEFERRED, detail, delay)
        if status >= _SERVER_ERROR:
            # SES itself names a code; a code that is only the status is a gateway's, which does not know what SES did.
            is_refused = status == _UNAVAILABLE and not code.isdigit()
            return Receipt(recipient, Outcome.DEFERRED if is_refused else Outcome.IN_DOUBT, detail)
        if status in _UNAUTHORIZED or code in _SENDER_ERRORS or _is_about_sender(text, recipient):
            raise self._refusal(error)
        return Receipt(recipient, Outcome.REFUSED, detail)

    def _query(self, operation: str, **arguments: str) -> dict[str, Any]:
        """Return the response to an operation that changes nothing. Raises DeliveryError."""
        logger.debug("Amazon SES: %s", operation)
        try:
            response: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except ClientError as error:
            raise self._refusal(error) from None
        except (*_NOT_CONNECTED, *_AMBIGUOUS) as error:
            raise self._unreachable(error) from None
        except BotoCoreError as error:
            raise self._unusable(error) from None
        return response

    def _refusal(self, error: ClientError) -> DeliveryError:
        status, code, text = _parse_error(error)
        hint = (
            "check the AWS credentials and their permissions, [delivery.ses] region and configuration_set, "
            "and that [delivery] from is a verified identity there"
        )
        return self._error(f"refuses the account or the sender: {status} {code}: {text}", hint)

    def _unreachable(self, error: Exception) -> DeliveryError:
        return self._error(f"cannot be reached: {_text(error)}", "check the network and [delivery.ses] region")

    def _unusable(self, error: Exception) -> DeliveryError:
        hint = "set up AWS credentials, as for any AWS program, and check [delivery.ses]"
        return self._error(f"cannot be used: {_text(error)}", hint)

    def _error(self, message: str, hint: str) -> DeliveryError:
        return DeliveryError(f"Amazon SES {message}", location=self._location, hint=hint)


def _is_about_sender(text: str, recipient: Recipient) -> bool:
    """Return whether it is the sender that is not verified; in the sandbox, recipients have to be verified, too."""
    if _NOT_VERIFIED not in text:
        return False
    identities = text.rpartition(": ")[2].casefold().split(", ")
    return identities != [ascii_address(recipient.email).casefold()]


def _parse_error(error: ClientError) -> tuple[int, str, str]:
    """Return the status, code and text of a response that refuses."""
    status = int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    details = error.response.get("Error", {})
    text = one_line(str(details.get("Message", "")))[:_LONGEST_TEXT] or "empty response"
    return status, str(details.get("Code", status)), text


def _text(error: Exception) -> str:
    return describe_error(error)[:_LONGEST_TEXT]
