"""Amazon SES's responses, and what each means for the recipient of a request."""

import subprocess
import sys
from typing import Any

import pytest

from digest.delivery import SesSettings, open_provider
from digest.errors import DeliveryError
from tests.delivery.sample import Make, Reader, Send
from tests.servers.api import Answer
from tests.servers.ses import SesServer, error

VERIFY = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "


def settings_of(server: SesServer, **more: Any) -> SesSettings:
    return SesSettings(**{"region": "eu-west-1", "endpoint": server.url, "timeout": 5.0, **more})


def test_a_mail_is_sent_unchanged(send: Send, ses_server: SesServer, message: Make, recipient: Reader) -> None:
    ses_server.sets = {"news": []}
    ada = recipient()
    (receipt,) = send(settings_of(ses_server, configuration_set="news"), message(), ada)
    assert (receipt.outcome, receipt.detail) == ("accepted", "0100019a-000001-000000")
    (content,) = ses_server.requests
    assert content["Destination"] == {"ToAddresses": ["ada@example.com"]}
    assert content["ConfigurationSetName"] == "news"
    assert content["EmailTags"] == [{"Name": "recipient", "Value": ada.message_id.partition("@")[0]}]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((200, {}), "in_doubt"),
        ((200, [1]), "in_doubt"),
        ((200, b"<html>"), "in_doubt"),
        ((0, None), "in_doubt"),
        ((500, b""), "in_doubt"),
        (error(500, "InternalFailure", "failed"), "in_doubt"),
        ((502, b"<html>"), "in_doubt"),
        ((503, b"<html>"), "in_doubt"),
        (error(503, "ServiceUnavailable", "busy"), "deferred"),
        (error(429, "TooManyRequestsException", "Maximum sending rate exceeded."), "deferred"),
        (error(400, "ThrottlingException", "Daily message quota exceeded."), "deferred"),
        (error(400, "LimitExceededException", "too many"), "deferred"),
        (error(400, "MessageRejected", "Message length is more than 41943040 bytes long"), "refused"),
        (error(400, "MessageRejected", VERIFY + "Ada@example.com"), "refused"),  # the sandbox's
        (error(400, "BadRequestException", "Domain contains illegal character"), "refused"),
    ],
)
def test_responses_and_their_outcomes(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader, answer: Answer, outcome: str
) -> None:
    ses_server.answers = [answer]
    (receipt,) = send(settings_of(ses_server), message(), recipient())
    assert receipt.outcome == outcome, receipt
    assert receipt.detail
    assert not receipt.bounced
    assert ses_server.mails == []


@pytest.mark.parametrize(
    "answer",
    [
        error(400, "MessageRejected", VERIFY + "news@example.com"),
        error(400, "MessageRejected", VERIFY + "news@example.com, ada@example.com"),
        error(400, "AccountSuspendedException", "suspended"),
        error(400, "SendingPausedException", "paused"),
        error(400, "MailFromDomainNotVerifiedException", "not verified"),
        error(403, "AccessDeniedException", "not authorized to perform ses:SendRawEmail"),
        error(403, "ExpiredTokenException", "expired"),
    ],
)
def test_a_response_that_refuses_everyone_stops_the_run(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader, answer: Answer
) -> None:
    ses_server.answers = [answer]
    with pytest.raises(DeliveryError, match=f"refuses the account or the sender: {answer[0]} .*{answer[1]['message']}"):
        send(settings_of(ses_server), message(), recipient())


def test_an_unknown_configuration_set_stops_the_run(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader
) -> None:
    with pytest.raises(DeliveryError, match="Configuration set <news> does not exist"):
        send(settings_of(ses_server, configuration_set="news"), message(), recipient())


def test_the_receipt_has_the_delay_that_the_provider_asks_for(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader
) -> None:
    status, body, headers = error(429, "TooManyRequestsException", "slow down")  # type: ignore[misc]
    ses_server.answers = [(status, body, {**headers, "Retry-After": "45"})]
    assert send(settings_of(ses_server), message(), recipient())[0].retry_after == 45


def test_a_request_without_a_response_is_not_repeated(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader
) -> None:
    ses_server.answers = [(-1, None)]
    (receipt,) = send(settings_of(ses_server, timeout=0.3), message(), recipient())
    assert receipt.outcome == "in_doubt"
    assert receipt.detail.startswith("no answer after the request was sent: Read timeout")
    assert ses_server.requests == []


def test_credentials_and_region_are_required(
    send: Send, ses_server: SesServer, message: Make, recipient: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeliveryError, match="You must specify a region"):
        open_provider(SesSettings(endpoint=ses_server.url))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(DeliveryError, match="Unable to locate credentials; set up AWS credentials"):
        send(settings_of(ses_server), message(), recipient())
    with open_provider(settings_of(ses_server)) as opened, pytest.raises(DeliveryError, match="locate credentials"):
        opened.check()


def test_a_check_finds_a_restricted_account_and_tracking(ses_server: SesServer) -> None:
    def check(**more: Any) -> None:
        with open_provider(settings_of(ses_server, **more)) as opened:
            opened.check()

    ses_server.sets = {"news": ["SEND", "BOUNCE"], "marketing": ["SEND", "OPEN"]}
    check()
    check(configuration_set="news")
    with pytest.raises(DeliveryError, match="marketing says so"):
        check(configuration_set="marketing")
    with pytest.raises(DeliveryError, match="Configuration set <other> does not exist"):
        check(configuration_set="other")
    ses_server.account["ProductionAccessEnabled"] = False
    with pytest.raises(DeliveryError, match="sandbox"):
        check()
    ses_server.account["SendingEnabled"] = False
    with pytest.raises(DeliveryError, match="does not let this account send"):
        check()


def test_without_boto3_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['boto3'] = None\n"
        "from digest.delivery import SesSettings, open_provider\n"
        "try: open_provider(SesSettings('eu-west-1'))\n"
        "except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "install it with `pip install 'news-digest[ses]'`" in done.stdout
