"""Mailgun's batches, and the responses in which it differs from other APIs."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from digest.delivery import MailgunSettings, open_provider
from digest.errors import ConfigError, DeliveryError
from tests.delivery.sample import Make, Reader, Send, make_recipients, outcomes
from tests.servers.mailgun import MailgunServer


def settings_of(server: MailgunServer, **more: Any) -> MailgunSettings:
    return MailgunSettings(**{"domain": "mg.example.com", "host": server.url, "timeout": 5.0, **more})


def test_a_thousand_readers_are_one_request(send: Send, mailgun_server: MailgunServer, message: Make) -> None:
    receipts = send(settings_of(mailgun_server), message(), *make_recipients(1500), secret="good")
    assert [len(request["to"]) for request in mailgun_server.requests] == [1000, 500]
    assert set(outcomes(receipts)) == {"accepted"}
    mail = mailgun_server.mails[7]
    assert mail["To"] == "Reader 7 <reader7@example.com>"
    assert "<p>Zoë: Reader 7</p>" in mail["html"]
    assert len({mail["headers"]["Message-Id"] for mail in mailgun_server.mails}) == 1500
    assert mail["variables"] == {"recipient": receipts[7].recipient.message_id.partition("@")[0]}


def test_bad_addresses_are_found_among_the_others(send: Send, mailgun_server: MailgunServer, message: Make) -> None:
    mailgun_server.invalid = {"reader3@example.com", "reader17@example.com"}
    receipts = send(settings_of(mailgun_server), message(), *make_recipients(20), secret="good")
    assert [place for place, outcome in enumerate(outcomes(receipts)) if outcome == "refused"] == [3, 17]
    assert receipts[3].detail.startswith("400 5.1.3 'to' parameter is not a valid address")
    assert receipts[3].bounced
    assert len(mailgun_server.mails) == 18


def test_an_invalid_sender_is_not_a_bounce(send: Send, mailgun_server: MailgunServer, message: Make) -> None:
    mailgun_server.invalid = {"news@example.com"}
    with pytest.raises(DeliveryError, match="'from' parameter is not a valid address"):
        send(settings_of(mailgun_server), message(), *make_recipients(2), secret="good")


def test_a_domain_on_probation_has_ten_recipients_a_request(
    send: Send, mailgun_server: MailgunServer, message: Make
) -> None:
    mailgun_server.recipients_at_most = 10
    receipts = send(settings_of(mailgun_server), message(), *make_recipients(32), secret="good")
    assert outcomes(receipts) == ["accepted"] * 32


def test_the_hourly_limit_says_when_it_ends(send: Send, mailgun_server: MailgunServer, message: Make) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90)).replace("+0000", "UTC")
    text = f"Domain mg.example.com is not allowed to send: recipient limit exceeded, try again after {moment}"
    for reason, delay in ((text, 90), ("Domain mg.example.com is not allowed to send: limit exceeded", 0)):
        mailgun_server.answers = [(420, {"message": reason})]
        receipts = send(settings_of(mailgun_server), message(), *make_recipients(2), secret="good")
        assert outcomes(receipts) == ["deferred"] * 2
        assert receipts[0].retry_after == pytest.approx(delay, abs=30)


def test_variables_in_a_story_or_a_name_are_not_replaced(
    send: Send, mailgun_server: MailgunServer, message: Make, recipient: Reader
) -> None:
    odd = "100% %recipient.message_id% %Unsubscribe_URL% 5%recipient"
    mail = message(subject=odd, text=f"{odd} xtok1tx", html=f"<p style='width:100%'>{odd}</p> xtok1hx")
    send(settings_of(mailgun_server), mail, recipient(name="%recipient.message_id%"), secret="good")
    (sent,) = mailgun_server.mails
    quiet = "100% %\N{WORD JOINER}recipient.message_id% %\N{WORD JOINER}Unsubscribe_URL% 5%recipient"
    assert sent["subject"] == quiet
    assert sent["text"] == f"{quiet} %recipient.message_id%"
    assert sent["html"].startswith("<p style='width:100%'>100% &#37;recipient.message_id% &#37;Unsubscribe_URL% 5%")
    assert "@" not in sent["To"].rpartition("<")[0]


def test_each_region_has_its_host() -> None:
    for region, host in (("us", "https://api.mailgun.net"), ("eu", "https://api.eu.mailgun.net")):
        with open_provider(MailgunSettings("mg.example.com", region), "good") as opened:  # type: ignore[arg-type]
            assert opened._host == host  # type: ignore[attr-defined]


def test_a_domain_is_required() -> None:
    with pytest.raises(ConfigError, match=r"\[delivery.mailgun\] domain: .*missing"):
        open_provider(MailgunSettings(), "good")


def test_a_check_finds_a_domain_that_does_not_send(mailgun_server: MailgunServer) -> None:
    def check(**more: Any) -> None:
        with open_provider(settings_of(mailgun_server, **more), "good") as opened:
            opened.check()

    check()
    mailgun_server.state = "unverified"
    with pytest.raises(DeliveryError, match="it is unverified; verify the domain"):
        check()
    with pytest.raises(DeliveryError, match="404 Domain not found"):
        check(domain="other.example.com")


def test_a_check_works_with_a_key_that_may_only_send(mailgun_server: MailgunServer) -> None:
    mailgun_server.sending_key = True
    with open_provider(settings_of(mailgun_server), "good") as opened:
        opened.check()
    with (
        open_provider(settings_of(mailgun_server, domain="other.example.com"), "good") as opened,
        pytest.raises(DeliveryError, match="404 Domain not found"),
    ):
        opened.check()
    assert mailgun_server.mails == []
