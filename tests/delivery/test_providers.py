"""The contract of every provider, and what each does when its server does not do as it should."""

import email
import email.policy
import mailbox
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from digest.delivery import MaildirSettings, SendGridSettings, Settings, SmtpSettings, open_provider
from digest.errors import DeliveryError
from digest.models import InlineImage, Message, Outcome, Receipt, Recipient

Make = Callable[..., Message]
Reader = Callable[..., Recipient]


@pytest.fixture(params=["maildir", "smtp", "sendgrid"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Settings, Callable[[], list[str]]]:
    """A provider's settings, and the recipients it has delivered to."""
    if request.param == "maildir":
        folder = tmp_path / "outbox"
        return MaildirSettings(folder), lambda: [mail["To"] for mail in mailbox.Maildir(folder, create=False)]
    if request.param == "smtp":
        smtp = request.getfixturevalue("smtp_server")
        return SmtpSettings("127.0.0.1", smtp.port, "plain"), lambda: smtp.handler.recipients
    sendgrid = request.getfixturevalue("sendgrid_server")
    return SendGridSettings(sendgrid.url), lambda: [mail["to"] for mail in sendgrid.mails]


def send(settings: Settings, message: Message, *recipients: Recipient, secret: str = "SG.good") -> list[Receipt]:
    with open_provider(settings, secret) as opened:
        receipts: list[Receipt] = []
        for start in range(0, len(recipients), opened.batch_size):
            receipts += opened.send(message, recipients[start : start + opened.batch_size])
        return receipts


def outcomes(receipts: list[Receipt]) -> list[str]:
    return [receipt.outcome.value for receipt in receipts]


# --- what holds for each ----------------------------------------------------------------------------------------------


def test_each_recipient_has_a_receipt_in_order(provider: Any, message: Make, recipient: Reader) -> None:
    settings, delivered = provider
    people = [recipient(f"reader{number}@example.com") for number in range(5)]
    receipts = send(settings, message(), *people)
    assert [receipt.recipient for receipt in receipts] == people
    assert outcomes(receipts) == ["accepted"] * 5
    assert len(delivered()) == 5


def test_a_local_part_beyond_ascii_is_refused_and_the_rest_go_out(
    provider: Any, message: Make, recipient: Reader
) -> None:
    settings, delivered = provider
    people = [recipient("a@example.com"), recipient("zoë@example.com"), recipient("b@bücher.example")]
    receipts = send(settings, message(), *people)
    assert outcomes(receipts) == ["accepted", "refused", "accepted"]
    assert "SMTPUTF8" in receipts[1].detail
    assert len(delivered()) == 2


def test_pictures_go_along(provider: Any, message: Make, recipient: Reader, picture: InlineImage) -> None:
    settings, delivered = provider
    assert outcomes(send(settings, message(images=(picture,)), recipient())) == ["accepted"]
    assert len(delivered()) == 1


def test_a_check_sends_nothing(provider: Any) -> None:
    settings, delivered = provider
    with open_provider(settings, "SG.good") as opened:
        opened.check()
    assert not isinstance(settings, MaildirSettings) or not settings.folder.exists()
    if not isinstance(settings, MaildirSettings):
        assert delivered() == []


# --- maildir ----------------------------------------------------------------------------------------------------------


def test_an_outbox_that_cannot_be_written_stops_the_run(tmp_path: Path, message: Make, recipient: Reader) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = MaildirSettings(tmp_path / "file" / "outbox")
    with pytest.raises(DeliveryError, match="cannot be written"):
        send(settings, message(), recipient())


@pytest.mark.parametrize("there", ["", "outbox", "outbox/tmp"])
def test_an_outbox_gets_the_folders_it_lacks(tmp_path: Path, message: Make, recipient: Reader, there: str) -> None:
    (tmp_path / "deep" / there).mkdir(parents=True)
    settings = MaildirSettings(tmp_path / "deep" / "outbox")
    assert outcomes(send(settings, message(), recipient())) == ["accepted"]
    assert len(list((settings.folder / "new").iterdir())) == 1


# --- SMTP -------------------------------------------------------------------------------------------------------------


def smtp_settings(server: Any, **more: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": server.port, "security": "plain", "timeout": 5.0, **more})


def test_one_connection_serves_a_run_and_is_opened_anew_when_closed(
    smtp_server: Any, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.hang_up_after = 2
    people = [recipient(f"reader{number}@example.com") for number in range(7)]
    assert outcomes(send(smtp_settings(smtp_server), message(), *people)) == ["accepted"] * 7
    assert sorted(smtp_server.handler.recipients) == sorted(person.email for person in people)


def test_a_server_that_takes_few_mails_a_session_gets_a_new_one(
    smtp_server: Any, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.mails_a_session = 2
    assert outcomes(send(smtp_settings(smtp_server), message(), *people_of(recipient, 5))) == ["accepted"] * 5
    assert len(smtp_server.handler.sessions) == 3


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 5.1.1 no such user", "refused"), ("451 4.7.1 greylisted", "deferred"), ("421 4.3.2 going down", "deferred")],
)
def test_a_recipient_the_server_does_not_take(
    smtp_server: Any, message: Make, recipient: Reader, answer: str, outcome: str
) -> None:
    smtp_server.handler.refuse = {"bad@example.com": answer}
    people = [recipient("a@example.com"), recipient("bad@example.com"), recipient("b@example.com")]
    receipts = send(smtp_settings(smtp_server), message(), *people)
    assert outcomes(receipts) == ["accepted", outcome, "accepted"]
    assert receipts[1].detail == answer


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        ("554 5.7.1 spam", "refused"),
        ("452 4.3.1 full", "deferred"),
        ("hang up", "in_doubt"),
        ("200 fine", "accepted"),  # any 2yz is a yes (RFC 5321 4.3.2): sent again, it would come twice
        ("no reply of SMTP's", "in_doubt"),
    ],
)
def test_what_happens_after_the_last_byte(
    smtp_server: Any, message: Make, recipient: Reader, after: str, outcome: str
) -> None:
    smtp_server.handler.after_data = after
    assert outcomes(send(smtp_settings(smtp_server), message(), recipient())) == [outcome]


def test_a_connection_lost_at_data_is_no_doubt(message: Make, recipient: Reader) -> None:
    class HangsUpAtData(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 hello\r\n")
            while not self.rfile.readline().upper().startswith(b"DATA"):
                self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HangsUpAtData) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        receipts = send(SmtpSettings("127.0.0.1", server.server_address[1], "plain", timeout=5), message(), recipient())
        server.shutdown()
    assert outcomes(receipts) == ["deferred"]
    assert "before the mail" in receipts[0].detail


def test_lines_that_begin_with_a_dot_arrive_whole(smtp_server: Any, message: Make, recipient: Reader) -> None:
    text = ".\n..\n.a line\nthe end\n"
    assert outcomes(send(smtp_settings(smtp_server), message(text=text), recipient())) == ["accepted"]
    mail = email.message_from_bytes(smtp_server.handler.mails[0], policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert body
    assert body.get_content().replace("\r\n", "\n") == text


def test_a_login_is_made_and_a_refused_one_says_where_to_look(
    smtp_server: Any, message: Make, recipient: Reader
) -> None:
    login = smtp_settings(smtp_server, username="news")
    assert outcomes(send(login, message(), recipient(), secret="hush")) == ["accepted"]
    with pytest.raises(DeliveryError, match=r"refuses the login of news.*DIGEST_SMTP_PASSWORD"):
        send(login, message(), recipient(), secret="wrong")
    with pytest.raises(DeliveryError, match=r"not ASCII.*DIGEST_SMTP_PASSWORD"):
        send(login, message(), recipient(), secret="hüsh")
    assert len(smtp_server.handler.mails) == 1


def test_a_password_is_not_sent_in_the_clear_over_a_network(message: Make, recipient: Reader) -> None:
    settings = SmtpSettings("mail.example.com", 25, "plain", "news")
    with pytest.raises(DeliveryError, match="without encryption"):
        send(settings, message(), recipient())


def test_a_refused_sender_and_a_missing_starttls_stop_the_run(
    smtp_server: Any, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.at_mail = "550 5.7.1 not yours"
    with pytest.raises(DeliveryError, match=r"refuses the sender news@example.com.*delivery\] from"):
        send(smtp_settings(smtp_server), message(), recipient())
    with pytest.raises(DeliveryError, match=r"STARTTLS.*security"):
        send(smtp_settings(smtp_server, security="starttls"), message(), recipient())
    with pytest.raises(DeliveryError, match="security"):
        send(smtp_settings(smtp_server, security="tls"), message(), recipient())


def test_no_server_stops_the_run(message: Make, recipient: Reader) -> None:
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1:1: the server cannot be reached"):
        send(SmtpSettings("127.0.0.1", 1, "plain"), message(), recipient())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost with its key, made for this test."""
    file = tmp_path / "server.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(
        [*command.split(), "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")],
        check=True,
        capture_output=True,
    )
    file.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "cert").read_bytes())
    return file


def test_starttls_with_a_certificate_that_is_trusted_or_not(
    certificate: Path, smtp_server: Any, message: Make, recipient: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    handler = smtp_server.handler
    # Not the fixture's server: this one has a certificate.
    port = smtp_server.port + 1 if smtp_server.port < 65535 else 60000
    controller = Controller(handler, hostname="localhost", port=port, tls_context=context, require_starttls=True)
    controller.start()
    try:
        settings = SmtpSettings("localhost", port, "starttls", timeout=5)
        with pytest.raises(DeliveryError, match="cannot be spoken to in TLS"):
            send(settings, message(), recipient())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert outcomes(send(settings, message(), recipient())) == ["accepted"]
    finally:
        controller.stop()


# --- SendGrid ---------------------------------------------------------------------------------------------------------


def sendgrid_settings(server: Any, **more: Any) -> SendGridSettings:
    return SendGridSettings(**{"host": server.url, "timeout": 5.0, **more})


def people_of(recipient: Reader, count: int) -> list[Recipient]:
    return [recipient(f"reader{number}@example.com", f"Reader {number}") for number in range(count)]


def test_a_thousand_recipients_are_one_request(sendgrid_server: Any, message: Make, recipient: Reader) -> None:
    receipts = send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 1500))
    assert [len(request["personalizations"]) for request in sendgrid_server.requests] == [1000, 500]
    assert set(outcomes(receipts)) == {"accepted"}
    mail = sendgrid_server.mails[7]
    assert mail["to"] == "reader7@example.com"
    assert "Reader 7" in mail["text/html"]
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
def test_an_answer_that_refuses_everyone_stops_the_run(
    sendgrid_server: Any, message: Make, recipient: Reader, status: int, body: Any, words: str
) -> None:
    sendgrid_server.answers = [(status, body)]
    with pytest.raises(DeliveryError) as caught:
        send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 3))
    assert words in str(caught.value)
    assert sendgrid_server.mails == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (202, "accepted"),
        (200, "in_doubt"),  # the sandbox's answer, and a proxy's
        (204, "in_doubt"),
        (429, "deferred"),
        (500, "deferred"),
        (503, "deferred"),
        (502, "in_doubt"),  # a gateway's word, not SendGrid's
        (504, "in_doubt"),
        (0, "in_doubt"),
    ],
)
def test_answers_that_are_about_the_whole_batch(
    sendgrid_server: Any, message: Make, recipient: Reader, status: int, outcome: str
) -> None:
    sendgrid_server.answers = [(status, None)]
    assert outcomes(send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 3))) == [outcome] * 3


def test_no_answer_in_time_leaves_the_batch_in_doubt(sendgrid_server: Any, message: Make, recipient: Reader) -> None:
    sendgrid_server.answers = [(-1, None)]
    receipts = send(sendgrid_settings(sendgrid_server, timeout=0.3), message(), *people_of(recipient, 2))
    assert outcomes(receipts) == ["in_doubt"] * 2
    assert "no answer" in receipts[0].detail


def test_a_batch_that_is_too_large_is_halved(sendgrid_server: Any, message: Make, recipient: Reader) -> None:
    sendgrid_server.respond = lambda request: (
        (413, errors("too large")) if len(request["personalizations"]) > 3 else None
    )
    receipts = send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 10))
    assert outcomes(receipts) == ["accepted"] * 10
    assert len({mail["to"] for mail in sendgrid_server.mails}) == len(sendgrid_server.mails) == 10
    sendgrid_server.respond = lambda _request: (413, errors("too large"))
    with pytest.raises(DeliveryError, match="smaller"):
        send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 2))


def test_a_half_that_was_sent_is_never_sent_again(sendgrid_server: Any, message: Make, recipient: Reader) -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any] | None:
        if len(request["personalizations"]) > 2:
            return 413, errors("too large")
        return (401, errors("revoked")) if sendgrid_server.mails else None

    sendgrid_server.respond = respond
    receipts = send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 4))
    assert outcomes(receipts) == ["accepted", "accepted", "deferred", "deferred"]
    assert "revoked" in receipts[3].detail


def test_a_key_with_a_character_that_no_key_has_is_not_sent_or_shown(message: Make, recipient: Reader) -> None:
    for key in ("SG.abc…", "SG.a\nb", ""):
        with pytest.raises(DeliveryError, match="SENDGRID_API_KEY") as caught:
            send(SendGridSettings("http://127.0.0.1:1"), message(), recipient(), secret=key)
        assert "SG." not in str(caught.value)


def test_recipients_that_a_400_names_are_refused_and_the_rest_sent(
    sendgrid_server: Any, message: Make, recipient: Reader
) -> None:
    def respond(request: dict[str, Any]) -> tuple[int, Any] | None:
        for index, personalization in enumerate(request["personalizations"]):
            if personalization["to"][0]["email"] in ("reader1@example.com", "reader4@example.com"):
                return 400, errors("does not contain a valid address", f"personalizations.{index}.to.0.email")
        return None

    sendgrid_server.respond = respond
    receipts = send(sendgrid_settings(sendgrid_server), message(), *people_of(recipient, 6))
    assert outcomes(receipts) == ["accepted", "refused", "accepted", "accepted", "refused", "accepted"]
    assert receipts[1].detail == "400 does not contain a valid address"
    assert len(sendgrid_server.mails) == 4


def test_no_server_and_a_key_that_may_not_send(sendgrid_server: Any, message: Make, recipient: Reader) -> None:
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


def test_outcomes_are_words_for_the_ledger() -> None:
    assert {outcome.value for outcome in Outcome} == {"accepted", "refused", "deferred", "in_doubt"}
