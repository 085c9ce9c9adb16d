"""SendGrid's responses, and what each means for the recipients of a request."""

from typing import Any

import pytest

from digest.delivery import SendGridSettings, open_provider
from digest.errors import DeliveryError
from tests.delivery.sample import Make, Reader, Send, make_recipients, outcomes
from tests.servers.sendgrid import SendGridServer


def sendgrid_settings(server: SendGridServer, **more: Any) -> SendGridSettings:
    return SendGridSettings(**{"host": server.url, "timeout": 5.0, **more})


def test_a_thousand_recipients_are_one_request(send: Send, sendgrid_server: SendGridServer, message: Make) -> None:
    receipts = send(sendgrid_settings(sendgrid_server), message(), *make_recipients(1500))
    assert [len(request["personalizations"]) for request in sendgrid_server.requests] == [1000, 500]
    assert set(outcomes(receipts)) == {"accepted"}
    mail = sendgrid_server.mails[7]
    assert mail["to"] == "reader7@example.com"
    assert "Reader 7" in mail["html"]
    assert mail["headers"]["List-Unsubscribe"].startswith("<https://www.example.com/leave?e=reader7@example.com&x=1>")
    assert mail["headers"]["Message-ID"] == f"<{receipts[7].recipient.message_id}>"
    assert mail["custom_args"] == {"recipient": receipts[7].recipient.message_id.partition("@")[0]}
    request = sendgrid_server.requests[0]
    assert request["tracking_settings"]["click_tracking"]["enable"] is False
    assert "Date" not in request["headers"]


def errors(message: str, field: str | None = None) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": field, "help": None}]}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, errors("revoked"), "refuses the key or the sender: 401 revoked"),
        (403, errors("not verified"), "verified sender"),
        (400, errors("bad content", "content.0.value"), "400 bad content"),
        (404, b"<html>", "404"),
    ],
)
def test_a_response_that_refuses_everyone_stops_the_run(
    send: Send, sendgrid_server: SendGridServer, message: Make, status: int, body: object, words: str
) -> None:
    sendgrid_server.answers = [(status, body)]
    with pytest.raises(DeliveryError) as caught:
        send(sendgrid_settings(sendgrid_server), message(), *make_recipients(3))
    assert words in str(caught.value)
    assert sendgrid_server.mails == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (202, "accepted"),
        (200, "in_doubt"),  # the sandbox's answer, and a proxy's
        (204, "in_doubt"),
        (429, "deferred"),
        (500, "in_doubt"),  # it failed on the way, and may have sent some
        (503, "in_doubt"),  # a proxy's, not SendGrid's
        (502, "in_doubt"),
        (504, "in_doubt"),
        (0, "in_doubt"),
    ],
)
def test_responses_to_a_whole_batch(
    send: Send, sendgrid_server: SendGridServer, message: Make, status: int, outcome: str
) -> None:
    sendgrid_server.answers = [(status, None)]
    assert outcomes(send(sendgrid_settings(sendgrid_server), message(), *make_recipients(3))) == [outcome] * 3


def test_sendgrid_s_own_503_means_that_nothing_was_sent(
    send: Send, sendgrid_server: SendGridServer, message: Make
) -> None:
    sendgrid_server.answers = [(503, errors("service not available"))]
    (receipt,) = send(sendgrid_settings(sendgrid_server), message(), *make_recipients(1))
    assert (receipt.outcome.value, receipt.detail) == ("deferred", "503: service not available")


def test_a_request_that_is_refused_for_one_recipient_after_the_other_stops_the_run(
    send: Send, sendgrid_server: SendGridServer, message: Make
) -> None:
    named = errors("bad header", "personalizations.0.headers")
    sendgrid_server.respond = lambda _request: (400, named)
    with pytest.raises(DeliveryError, match="for one recipient after the other"):
        send(sendgrid_settings(sendgrid_server), message(), *make_recipients(100))
    assert len(sendgrid_server.requests) == 10


def test_no_answer_in_time_leaves_the_batch_in_doubt(
    send: Send, sendgrid_server: SendGridServer, message: Make
) -> None:
    sendgrid_server.answers = [(-1, None)]
    receipts = send(sendgrid_settings(sendgrid_server, timeout=0.3), message(), *make_recipients(2))
    assert outcomes(receipts) == ["in_doubt"] * 2
    assert "no answer" in receipts[0].detail


def test_a_batch_that_is_too_large_is_halved(send: Send, sendgrid_server: SendGridServer, message: Make) -> None:
    sendgrid_server.respond = lambda request: (
        (413, errors("too large")) if len(request["personalizations"]) > 3 else None
    )
    receipts = send(sendgrid_settings(sendgrid_server), message(), *make_recipients(10))
    assert outcomes(receipts) == ["accepted"] * 10
    assert len({mail["to"] for mail in sendgrid_server.mails}) == len(sendgrid_server.mails) == 10
    sendgrid_server.respond = lambda _request: (413, errors("too large"))
    with pytest.raises(DeliveryError, match="smaller"):
        send(sendgrid_settings(sendgrid_server), message(), *make_recipients(2))


def test_a_half_that_was_sent_is_never_sent_again(send: Send, sendgrid_server: SendGridServer, message: Make) -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any] | None:
        if len(request["personalizations"]) > 2:
            return 413, errors("too large")
        return (401, errors("revoked")) if sendgrid_server.mails else None

    sendgrid_server.respond = respond
    receipts = send(sendgrid_settings(sendgrid_server), message(), *make_recipients(4))
    assert outcomes(receipts) == ["accepted", "accepted", "deferred", "deferred"]
    assert "revoked" in receipts[3].detail


def test_an_impossible_key_is_not_sent_or_shown(send: Send, message: Make, recipient: Reader) -> None:
    for key in ("SG.abc…", "SG.a\nb", ""):
        with pytest.raises(DeliveryError, match="SENDGRID_API_KEY") as caught:
            send(SendGridSettings("http://127.0.0.1:1"), message(), recipient(), secret=key)
        assert "SG." not in str(caught.value)


def test_recipients_that_a_400_names_are_refused_and_the_rest_sent(
    send: Send, sendgrid_server: SendGridServer, message: Make
) -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any] | None:
        for index, personalization in enumerate(request["personalizations"]):
            if personalization["to"][0]["email"] in ("reader1@example.com", "reader4@example.com"):
                return 400, errors("does not contain a valid address", f"personalizations.{index}.to.0.email")
        return None

    sendgrid_server.respond = respond
    receipts = send(sendgrid_settings(sendgrid_server), message(), *make_recipients(6))
    assert outcomes(receipts) == ["accepted", "refused", "accepted", "accepted", "refused", "accepted"]
    assert receipts[1].detail == "400 does not contain a valid address"
    assert len(sendgrid_server.mails) == 4


def test_no_server_and_a_key_that_may_not_send(
    send: Send, sendgrid_server: SendGridServer, message: Make, recipient: Reader
) -> None:
    with pytest.raises(DeliveryError, match=r"SendGrid cannot be reached"):
        send(SendGridSettings("http://127.0.0.1:1"), message(), recipient())
    sendgrid_server.scopes = ["stats.read"]
    with (
        open_provider(sendgrid_settings(sendgrid_server), "SG.good") as opened,
        pytest.raises(DeliveryError, match="Mail Send"),
    ):
        opened.check()
    with (
        open_provider(sendgrid_settings(sendgrid_server), "SG.bad") as opened,
        pytest.raises(DeliveryError, match="401"),
    ):
        opened.check()
