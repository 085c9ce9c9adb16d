"""SMTP with and without pipelining, and servers that fail in many ways."""

import email
import email.policy
import re
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from digest.delivery import SmtpSettings, open_pool
from digest.delivery.pool import Completed
from digest.errors import DeliveryError
from digest.models import InlineImage
from tests.delivery.sample import Make, Reader, Send, make_recipients, outcomes
from tests.servers.smtp import SmtpServer, serve_smtp
from tests.waiting import wait_until


@pytest.fixture(params=[True, False], ids=["pipelined", "not pipelined"])
def smtp_server(request: pytest.FixtureRequest, smtp_server: SmtpServer) -> SmtpServer:
    """A server with pipelining, and one without."""
    smtp_server.handler.pipelining = request.param
    return smtp_server


def smtp_settings(server: SmtpServer, **more: Any) -> SmtpSettings:
    return SmtpSettings(**{"host": "127.0.0.1", "port": server.port, "security": "plain", "timeout": 5.0, **more})


def test_one_connection_serves_a_run_and_is_reopened_when_closed(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.hang_up_after = 2
    people = [recipient(f"reader{number}@example.com") for number in range(7)]
    assert outcomes(send(smtp_settings(smtp_server), message(), *people)) == ["accepted"] * 7
    assert sorted(smtp_server.handler.recipients) == sorted(person.email for person in people)


def test_a_server_that_takes_few_mails_a_session_gets_a_new_one(
    send: Send, smtp_server: SmtpServer, message: Make
) -> None:
    smtp_server.handler.mails_a_session = 2
    assert outcomes(send(smtp_settings(smtp_server), message(), *make_recipients(5))) == ["accepted"] * 5
    assert len(smtp_server.handler.sessions) == 3


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("550 5.1.1 no such user", "refused"), ("451 4.7.1 greylisted", "deferred"), ("421 4.3.2 going down", "deferred")],
)
def test_a_recipient_that_the_server_rejects(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader, answer: str, outcome: str
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
        ("200 fine", "accepted"),  # any 2yz is a success (RFC 5321 4.3.2): sent again, it would arrive twice
        ("no reply of SMTP's", "in_doubt"),
    ],
)
def test_what_happens_after_the_last_byte(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader, after: str, outcome: str
) -> None:
    smtp_server.handler.after_data = after
    assert outcomes(send(smtp_settings(smtp_server), message(), recipient())) == [outcome]


def test_a_connection_lost_before_the_mail_leaves_no_doubt(send: Send, message: Make, recipient: Reader) -> None:
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


def test_lines_that_begin_with_a_dot_arrive_intact(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    text = ".\n..\n.a line\nthe end\n"
    assert outcomes(send(smtp_settings(smtp_server), message(text=text), recipient())) == ["accepted"]
    mail = email.message_from_bytes(smtp_server.handler.mails[0], policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert body
    assert body.get_content().replace("\r\n", "\n") == text


def test_a_login_succeeds_and_a_refused_one_says_what_to_check(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    login = smtp_settings(smtp_server, username="news")
    assert outcomes(send(login, message(), recipient(), secret="hush")) == ["accepted"]
    with pytest.raises(DeliveryError, match=r"refuses the login of news.*DIGEST_SMTP_PASSWORD"):
        send(login, message(), recipient(), secret="wrong")
    with pytest.raises(DeliveryError, match=r"not ASCII.*DIGEST_SMTP_PASSWORD"):
        send(login, message(), recipient(), secret="hüsh")
    assert len(smtp_server.handler.mails) == 1


def test_a_password_is_not_sent_over_a_network_without_encryption(send: Send, message: Make, recipient: Reader) -> None:
    settings = SmtpSettings("mail.example.com", 25, "plain", "news")
    with pytest.raises(DeliveryError, match="without encryption"):
        send(settings, message(), recipient())


def test_a_refused_sender_and_a_missing_starttls_stop_the_run(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.at_mail = "550 5.7.1 not yours"
    with pytest.raises(DeliveryError, match=r"refuses the sender news@example.com.*delivery\] from"):
        send(smtp_settings(smtp_server), message(), recipient())
    with pytest.raises(DeliveryError, match=r"STARTTLS.*security"):
        send(smtp_settings(smtp_server, security="starttls"), message(), recipient())
    with pytest.raises(DeliveryError, match="security"):
        send(smtp_settings(smtp_server, security="tls"), message(), recipient())


def test_no_server_stops_the_run(send: Send, message: Make, recipient: Reader) -> None:
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


def test_starttls_with_a_trusted_and_an_untrusted_certificate(
    send: Send, certificate: Path, message: Make, recipient: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with serve_smtp(context) as server:
        settings = SmtpSettings("localhost", server.port, "starttls", timeout=5)
        with pytest.raises(DeliveryError, match="TLS with the server failed"):
            send(settings, message(), recipient())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert outcomes(send(settings, message(), recipient())) == ["accepted"]
        large = message(images=(InlineImage("a@digest", "a.png", "image/png", b"\x89PNG" + bytes(3_000_000)),))
        assert outcomes(send(settings, large, *make_recipients(2))) == ["accepted"] * 2
        assert len(server.handler.mails[-1]) > 4_000_000


def test_a_mail_to_nobody_is_never_begun(send: Send, message: Make) -> None:
    """RFC 2920 3.1: a server may answer 354 to a DATA that went out with the RCPT it refuses."""
    after_data: list[bytes] = []

    class BeginsAnyway(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 hello\r\n")
            for line in self.rfile:
                if line.startswith(b"ehlo"):
                    self.wfile.write(b"250-here\r\n250 PIPELINING\r\n")
                elif line.startswith(b"RCPT"):
                    self.wfile.write(b"550 5.1.1 no such user\r\n")
                elif line.startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    after_data.append(self.rfile.read())
                    return
                else:
                    self.wfile.write(b"250 ok\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), BeginsAnyway) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        settings = SmtpSettings("127.0.0.1", server.server_address[1], "plain", timeout=5)
        receipts = send(settings, message(), *make_recipients(2))
        server.shutdown()
    assert [receipt.detail for receipt in receipts] == ["550 5.1.1 no such user"] * 2
    assert after_data == [b"", b""]


def test_an_address_that_would_begin_another_command_is_refused(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    receipts = send(smtp_settings(smtp_server), message(), recipient("a>\r\nRCPT TO:<b@example.com"))
    assert outcomes(receipts) == ["refused"]
    assert smtp_server.handler.recipients == []


class Silent(socketserver.StreamRequestHandler):
    """Falls silent once it has a mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        for line in self.rfile:
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.rfile.read()
                return
            self.wfile.write(b"250 ok\r\n")


def test_a_server_that_falls_silent_after_the_mail_leaves_it_in_doubt(send: Send, message: Make) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        settings = SmtpSettings("127.0.0.1", server.server_address[1], "plain", timeout=2)
        with open_pool(settings, "", 3) as pool:
            started = time.monotonic()
            for person in make_recipients(3):
                pool.submit(message(), (person,))
            done = []
            while pool.busy:
                done += pool.collect()
        assert time.monotonic() - started < 5, "each waits for itself alone"
        server.shutdown()
    assert [receipt.outcome.value for item in done for receipt in item.receipts] == ["in_doubt"] * 3
    assert "no reply in time" in done[0].receipts[0].detail


def test_a_pool_returns_its_batches_or_nothing_in_time(smtp_server: SmtpServer, message: Make) -> None:
    with open_pool(smtp_settings(smtp_server), "", 2) as pool:
        assert (pool.idle, pool.busy, pool.collect(0.05)) == (2, 0, [])
        people = make_recipients(2)
        for person in people:
            pool.submit(message(), (person,))
        assert (pool.idle, pool.busy) == (0, 2)
        done = []
        while pool.busy:
            done += pool.collect()
        assert pool.idle == 2
    assert sorted(item.batch[0].email for item in done) == [person.email for person in people]


class ClosesConnections(socketserver.StreamRequestHandler):
    """Accepts each mail, then does what `after` says; `done` are the mails the client has a reply for."""

    after = "hang up a moment later"
    taken: list[str]
    done: list[Completed]

    def is_done(self, address: str) -> bool:
        return address in {item.batch[0].email for item in self.done}

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        address = ""
        for line in self.rfile:
            if line.startswith(b"ehlo"):
                self.wfile.write(b"250-here\r\n250 PIPELINING\r\n")
            elif line.lower().startswith(b"rcpt to:"):
                address = line.decode().partition("<")[2].partition(">")[0]
                self.wfile.write(b"250 ok\r\n")
            elif line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                self.taken.append(address)
                if self.after == "say goodbye at once":
                    self.wfile.write(b"250 queued\r\n421 4.3.2 goodbye\r\n")
                    return
                self.wfile.write(b"250 queued\r\n")
                if self.after == "reset the connection":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if len(self.taken) % 2:
                    # Once the client has read the answer, this connection is free.
                    wait_until(partial(self.is_done, address))
                    return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.mark.parametrize("after", ["hang up a moment later", "say goodbye at once", "reset the connection"])
def test_a_server_that_closes_a_free_connection_costs_no_mail(message: Make, after: str) -> None:
    done: list[Completed] = []
    handler: Any = type("Handler", (ClosesConnections,), {"after": after, "taken": [], "done": done})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        settings = SmtpSettings("127.0.0.1", server.server_address[1], "plain", timeout=5)
        with open_pool(settings, "", 3) as pool:
            mail = message()
            for person in make_recipients(30):
                while not pool.idle:
                    done += pool.collect()
                pool.submit(mail, (person,))
                done += pool.collect(0.02)  # sometimes all are free, and are noticed to close
            while pool.busy:
                done += pool.collect()
        server.shutdown()
    assert [outcomes(item.receipts) for item in done] == [["accepted"]] * 30
    assert len(handler.taken) == 30


def test_a_greeting_without_end_does_not_hold_up_a_run(message: Make) -> None:
    gone = threading.Event()

    class Drips(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while not gone.wait(0.05):
                    self.wfile.write(b"220-hello\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drips) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        settings = SmtpSettings("127.0.0.1", server.server_address[1], "plain", timeout=0.2)
        with open_pool(settings, "", 1) as pool:
            started = time.monotonic()
            pool.submit(message(), make_recipients(1))
            (done,) = pool.collect()
            assert time.monotonic() - started < 30
        gone.set()
        server.shutdown()
    assert "does not complete a connection in time" in str(done.error)


@pytest.mark.parametrize(
    ("host", "lines"),
    [
        ("mail..example.com", []),
        ("127.0.0.1", [b"220 hello", b"250-here", b"250 AUTH CRAM-MD5", b"334 abc"]),
    ],
    ids=["a host that is not a valid name", "a challenge that is not valid base64"],
)
def test_an_invalid_host_or_challenge_is_an_error_and_does_not_hang(
    message: Make, host: str, lines: list[bytes]
) -> None:
    class Says(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(lines[0] + b"\r\n")
            self.rfile.readline()
            self.wfile.write(b"\r\n".join(lines[1:3]) + b"\r\n")
            self.rfile.readline()
            self.wfile.write(lines[3] + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        settings = SmtpSettings(host, server.server_address[1], "plain", "news", timeout=5)
        if host != "127.0.0.1":
            settings = SmtpSettings(host, server.server_address[1], "plain", timeout=5)
        with open_pool(settings, "hush", 1) as pool:
            pool.submit(message(), make_recipients(1))
            (done,) = pool.collect()
        server.shutdown()
    assert "cannot connect to the server" in str(done.error)


def test_an_address_beyond_ascii_is_sent_to_a_server_with_smtputf8(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader
) -> None:
    smtp_server.handler.utf8 = True
    people = [recipient("zoë@bücher.example", "Zoë"), recipient("b@bücher.example"), recipient("δοκιμή@example.com")]
    assert outcomes(send(smtp_settings(smtp_server), message(), *people)) == ["accepted"] * 3
    assert smtp_server.handler.recipients == ["zoë@bücher.example", "b@xn--bcher-kva.example", "δοκιμή@example.com"]
    head = smtp_server.handler.mails[0].partition(b"\r\n\r\n")[0].decode()
    assert re.search(r"^To: =\?utf-8\?[bq]\?\S+\?=\r\n <zoë@bücher\.example>\r$", head, re.MULTILINE), head
    assert smtp_server.handler.mails[1].isascii()
