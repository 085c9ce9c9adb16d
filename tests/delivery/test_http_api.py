"""The contract of providers with an HTTP API: what responses and their absence mean, and what a reader gets."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.delivery import (
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendGridSettings,
    SesSettings,
    Settings,
    message_headers,
    open_provider,
)
from digest.errors import DeliveryError
from digest.models import InlineImage, Publication
from tests.delivery.sample import Make, Reader, Send, make_recipients, outcomes
from tests.servers.api import StandIn

JSON = {"message": "busy", "Message": "busy", "name": "application_error", "errors": [{"message": "busy"}]}
"""An error in the form of every API."""
HTML = b"<html><body>Bad gateway"


def settings_of(name: str, url: str, **more: Any) -> Settings:
    settings: dict[str, Callable[[], Settings]] = {
        "mailgun": lambda: MailgunSettings("mg.example.com", host=url, **more),
        "postmark": lambda: PostmarkSettings(host=url, **more),
        "resend": lambda: ResendSettings(host=url, **more),
        "sendgrid": lambda: SendGridSettings(host=url, **more),
        "ses": lambda: SesSettings("eu-west-1", endpoint=url, **more),
    }
    return settings[name]()


class Api:
    """A provider and its stand-in."""

    def __init__(self, name: str, server: StandIn) -> None:
        self.name = name
        self.server = server
        self.server.key = "good"

    def settings(self, **more: Any) -> Settings:
        return settings_of(self.name, self.server.url, **{"timeout": 5.0, **more})

    def fail(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        """Answer like this, also to a repeated request."""
        self.server.answers = [(status, body, headers or {})] * 2


@pytest.fixture(params=["mailgun", "postmark", "resend", "sendgrid"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param, request.getfixturevalue(f"{request.param}_server"))


@pytest.fixture(params=["mailgun", "postmark", "resend", "sendgrid", "ses"])
def any_api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param, request.getfixturevalue(f"{request.param}_server"))


# --- what a reader gets -----------------------------------------------------------------------------------------------


def test_a_reader_gets_the_same_through_each(
    send: Send, any_api: Api, message: Make, recipient: Reader, picture: InlineImage
) -> None:
    headers = message_headers(
        sender='"The \\"Gazette\\", Ltd" <news@example.com>',
        reply_to="Zoë <desk@bücher.example>",
        publication=Publication("The Gazette", url="https://www.example.com"),
        cadence="daily",
        date=datetime(2026, 11, 23, 7, tzinfo=UTC),
        unsubscribe_mailto="leave@example.com",
        unsubscribe_https="xtok2tx",
    )
    mail = message(subject="Ferry back, xtok1tx", headers=headers, images=(picture,))
    ada = recipient("ada@bücher.example", 'Ada "<b>" Byron')
    receipts = send(any_api.settings(), mail, ada, secret="good")
    assert outcomes(receipts) == ["accepted"], receipts
    (sent,) = any_api.server.mails
    assert sent["to"] == "ada@xn--bcher-kva.example"
    assert sent["subject"] == 'Ferry back, Ada "<b>" Byron'
    assert "<p>Zoë: Ada &quot;&lt;b&gt;&quot; Byron</p>" in sent["html"]
    assert 'Zoë: Ada "<b>" Byron\nLeave: https://www.example.com/leave' in sent["text"]
    assert "xtok" not in sent["html"] + sent["text"]
    sent_headers = {name.lower(): value for name, value in sent["headers"].items()}
    link = "https://www.example.com/leave?e=ada@b%C3%BCcher.example&x=1"
    assert sent_headers["list-unsubscribe"].split(", ")[0] == f"<{link}>"
    assert sent_headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert sent_headers["list-id"] == "<daily.digest.example.com>"
    assert sent["pictures"] == {picture.cid: picture.data}
    known = ada.message_id.partition("@")[0]
    assert known in str([sent.get("tags"), sent.get("Metadata"), sent.get("variables"), sent.get("custom_args")])
    if any_api.name != "resend":  # which writes its own
        assert sent_headers["message-id"] == f"<{ada.message_id}>"


def test_nothing_in_a_name_or_headline_begins_another_header(
    send: Send, any_api: Api, message: Make, recipient: Reader
) -> None:
    name = "Ada\r\nBcc: eve@example.com\r\n\r\nbody"
    mail = message(subject="Ferry\r\nBcc: eve@example.com\nback xtok1tx")
    assert outcomes(send(any_api.settings(), mail, recipient(name=name), secret="good")) == ["accepted"]
    (sent,) = any_api.server.mails
    assert sent["to"] == "ada@example.com"
    assert sent["subject"] == "Ferry Bcc: eve@example.com back Ada Bcc: eve@example.com body"
    assert not {"\r", "\n"} & set(str(sent.get("To")) + "".join(map(str, sent["headers"].values())))
    assert "bcc" not in {name.lower() for name in [*sent, *sent["headers"]]}


def test_one_connection_serves_many_requests(send: Send, api: Api, message: Make) -> None:
    with open_provider(api.settings(), "good") as opened:
        for person in make_recipients(5):
            opened.send(message(), [person])
    assert len(api.server.mails) == 5
    assert api.server.connections == (5 if api.name == "sendgrid" else 1)  # its package keeps no connection


# --- responses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, HTML, "in_doubt"),  # a page a proxy led to
        (200, {"odd": 1}, "in_doubt"),
        (200, [], "in_doubt"),
        (204, b"", "in_doubt"),
        (302, HTML, "in_doubt"),
        (429, JSON, "deferred"),
        (429, HTML, "deferred"),
        (503, JSON, "deferred"),
        (503, HTML, "in_doubt"),  # a proxy's
        (500, JSON, "in_doubt"),
        (502, HTML, "in_doubt"),
        (504, HTML, "in_doubt"),
        (0, None, "in_doubt"),
    ],
)
def test_responses_to_a_whole_batch(
    send: Send, api: Api, message: Make, status: int, body: object, outcome: str
) -> None:
    api.fail(status, body)
    receipts = send(api.settings(), message(), *make_recipients(3), secret="good")
    assert outcomes(receipts) == [outcome] * 3
    assert api.server.mails == []
    assert all(receipt.detail and "\n" not in receipt.detail for receipt in receipts)


def test_no_answer_in_time_leaves_the_batch_in_doubt(send: Send, api: Api, message: Make) -> None:
    api.fail(-1, None)
    receipts = send(api.settings(timeout=0.3), message(), *make_recipients(2), secret="good")
    assert outcomes(receipts) == ["in_doubt"] * 2
    assert receipts[0].detail == "no answer after the request was sent: timed out"


def test_the_receipt_has_the_delay_that_the_provider_asks_for(send: Send, api: Api, message: Make) -> None:
    moment = str(int(time.time()) + 45)
    for headers in ({"Retry-After": "45"}, {"X-RateLimit-Reset": moment}, {"ratelimit-reset": "45"}):
        api.fail(429, JSON, headers)
        receipts = send(api.settings(), message(), *make_recipients(2), secret="good")
        assert outcomes(receipts) == ["deferred"] * 2
        assert receipts[0].retry_after == pytest.approx(45, abs=30)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_or_sender_that_is_refused_stops_the_run(send: Send, api: Api, message: Make, status: int) -> None:
    api.fail(status, JSON)
    with pytest.raises(DeliveryError, match=f"refuses the key or the sender: {status} busy") as caught:
        send(api.settings(), message(), *make_recipients(3), secret="good")
    assert api.settings().secret_variable in caught.value.hint


def test_a_request_that_is_refused_for_itself_stops_the_run(
    send: Send, api: Api, message: Make, recipient: Reader
) -> None:
    api.fail(404, HTML)
    with pytest.raises(DeliveryError, match=r"refuses the request: 404 <html><body>Bad gateway; .*nobody was sent"):
        send(api.settings(), message(), recipient(), secret="good")


def test_an_unreachable_server_stops_the_run(send: Send, any_api: Api, message: Make, recipient: Reader) -> None:
    any_api.server.url = "http://127.0.0.1:1"
    with pytest.raises(DeliveryError, match="cannot be reached"):
        send(any_api.settings(), message(), recipient(), secret="good")
    with (
        open_provider(any_api.settings(), "good") as opened,
        pytest.raises(DeliveryError, match="cannot be reached"),
    ):
        opened.check()


def test_an_invalid_host_is_an_error(any_api: Api) -> None:
    for url in ("http://[::1", "http://example..com"):
        any_api.server.url = url
        with pytest.raises(DeliveryError, match="cannot be"), open_provider(any_api.settings(), "good") as opened:
            opened.check()


def test_an_impossible_key_is_not_sent_or_shown(api: Api) -> None:
    for key in ("secret…", "secret\nb", ""):
        with pytest.raises(DeliveryError, match=api.settings().secret_variable) as caught:
            open_provider(api.settings(), key)
        assert "secret…" not in str(caught.value)


def test_a_bad_key_is_found_by_a_check(any_api: Api) -> None:
    any_api.server.key = "another"
    with open_provider(any_api.settings(), "good") as opened, pytest.raises(DeliveryError, match=r"40[13]"):
        opened.check()


def test_a_check_fails_on_a_response_that_is_not_the_api_s(any_api: Api) -> None:
    for answer in ((200, HTML), (200, [1]), (502, HTML), (0, None)):
        any_api.fail(*answer)
        with open_provider(any_api.settings(), "good") as opened, pytest.raises(DeliveryError):
            opened.check()


# --- batches that are too large ---------------------------------------------------------------------------------------


def test_a_batch_that_is_too_large_is_halved(send: Send, api: Api, message: Make) -> None:
    api.server.answers = [(413, JSON), None, (413, JSON), None, None]
    receipts = send(api.settings(), message(), *make_recipients(8), secret="good")
    assert outcomes(receipts) == ["accepted"] * 8
    assert sorted(mail["to"] for mail in api.server.mails) == [f"reader{number}@example.com" for number in range(8)]


def test_a_mail_that_is_too_large_by_itself_stops_the_run(send: Send, api: Api, message: Make) -> None:
    api.server.answers = [(413, JSON)] * 9
    with pytest.raises(DeliveryError, match="too large: busy; send fewer"):
        send(api.settings(), message(), *make_recipients(2), secret="good")


def test_a_half_that_was_sent_is_never_sent_again(send: Send, api: Api, message: Make) -> None:
    api.server.answers = [(413, JSON), None, (401, JSON)]
    receipts = send(api.settings(), message(), *make_recipients(4), secret="good")
    assert outcomes(receipts) == ["accepted", "accepted", "deferred", "deferred"]
    assert "401 busy" in receipts[3].detail
