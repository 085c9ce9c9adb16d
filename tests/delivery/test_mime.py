"""A message's mails, byte by byte."""

import email
import email.policy
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.delivery import message_headers, message_id, sender_domain, to_mail
from digest.delivery.mime import CompiledMessage
from digest.errors import ConfigError
from digest.models import InlineImage, Publication, Recipient
from tests.delivery.sample import Make, Reader


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_text_and_html_with_the_readers_values(message: Make, recipient: Reader) -> None:
    mail = parsed(to_mail(message(), recipient()))
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.replace("\r\n", "\n") == "Zoë: Ada <b>\nLeave: https://www.example.com/leave?e=ada@example.com&x=1\n"
    assert "Ada &lt;b&gt;" in html
    assert "e=ada@example.com&amp;x=1" in html
    assert mail["To"] == '"Ada <b>" <ada@example.com>'
    assert mail["From"] == "The Gazette <news@example.com>"
    assert mail["List-Unsubscribe"].startswith("<https://www.example.com/leave?e=ada@example.com&x=1>, <mailto:")


def test_pictures_are_related_to_the_html(message: Make, recipient: Reader, picture: InlineImage) -> None:
    mail = parsed(to_mail(message(html="<img src='cid:abc@digest'>", images=(picture,)), recipient()))
    text, related = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    html, image = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert (image["Content-ID"], image.get_content_disposition()) == ("<abc@digest>", "inline")
    assert image.get_content() == picture.data


@pytest.mark.parametrize("name", ["a\r\nBcc: x.png", "=?utf-8?q?a=0D=0ABcc:_x?=.png", "фото.png"])
def test_a_pictures_file_name_adds_no_header(message: Make, recipient: Reader, picture: InlineImage, name: str) -> None:
    mail = to_mail(message(images=(replace(picture, filename=name),)), recipient())
    image = list(list(parsed(mail).iter_parts())[1].iter_parts())[1]
    assert set(image.keys()) == {
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Disposition",
        "Content-ID",
        "MIME-Version",
    }
    assert str(image.get_filename()).endswith(".png")
    assert image.get_content() == picture.data


def test_the_same_recipient_always_has_the_same_message_id(recipient: Reader) -> None:
    assert recipient().message_id == recipient().message_id
    assert message_id("e", "ADA@example.com", "example.org") == message_id("e", "ada@example.com", "example.org")
    others = {
        message_id(edition, address, "x.example") for edition in "ab" for address in ("c@x.example", "d@x.example")
    }
    assert len(others) == 4
    assert "ada" not in recipient().message_id


def test_a_domain_that_is_not_ascii_is_sent_in_punycode(message: Make, recipient: Reader) -> None:
    assert (
        parsed(to_mail(message(), recipient("ada@bücher.example")))["To"].addresses[0].addr_spec
        == "ada@xn--bcher-kva.example"
    )
    with pytest.raises(ValueError, match="SMTPUTF8"):
        to_mail(message(), recipient("zoë@example.com"))
    with pytest.raises(ValueError, match="is not a valid domain"):
        to_mail(message(), recipient(f"ada@{'ü' * 80}.example"))


def test_a_domain_does_not_become_another(message: Make, recipient: Reader) -> None:
    to = parsed(to_mail(message(), recipient("ada@straße.example")))["To"]
    assert to.addresses[0].addr_spec == "ada@xn--strae-oqa.example"  # IDNA 2003 would write to strasse.example


WILD = st.text(max_size=200) | st.sampled_from(
    [
        "a\r\nBcc: x@example.com",
        "=?utf-8?q?x?=",
        "=?utf-8?q?Hello=0D=0ABcc:_x@example.com=0D=0A=0D=0Abody?=",
        "=?utf-8?b?YQ0KQmNjOiB4QGV4YW1wbGUuY29t?=",
        "nul \x00 bell \x07 next \x85 line \u2028 end",
        "Ζωή " * 40,
        '"quoted" \\ back',
        "x" * 900,
        "😀" * 80,
        "\u202e",
        "a,b;c <d@e>",
        "مرحبا " * 30,
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WILD, WILD, WILD)
def test_nothing_in_a_name_or_a_headline_breaks_a_mail(
    message: Make, recipient: Reader, name: str, subject: str, body: str
) -> None:
    name, subject, body = (text.encode("utf-8", "replace").decode() for text in (name, subject, body))
    mail = to_mail(message(subject=subject, text=body, html=f"<p>{body}</p>"), recipient(name=name))
    assert mail.isascii()
    lines = mail.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 998
    back = parsed(mail)
    expected = {
        "From",
        "Date",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Post",
        "Auto-Submitted",
        "To",
        "Subject",
    }
    assert set(back.keys()) == {*expected, "Message-ID", "MIME-Version", "Content-Type"}
    assert [address.addr_spec for address in back["To"].addresses] == ["ada@example.com"]
    assert b"=?" not in next(line for line in lines if line.startswith(b"Message-ID"))
    text, html = (part.get_content() for part in back.iter_parts())
    if body.isprintable():
        assert text.rstrip("\r\n") == body
        assert html.rstrip("\r\n") == f"<p>{body}</p>"
    as_written = email.message_from_bytes(mail, policy=email.policy.compat32)
    assert decoded(as_written["Subject"]) == on_one_line(subject)
    assert decoded(parseaddr(unfolded(as_written["To"]))[0]) == on_one_line(name)


def unfolded(header: str) -> str:
    return header.replace("\r\n", "")


def decoded(header: str) -> str:
    # Not by email.policy.default: it puts a space between the encoded words of a name, against RFC 2047 6.2.
    return str(make_header(decode_header(unfolded(header))))


def on_one_line(text: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())


@pytest.mark.parametrize("name", ["subject", "reader"])
def test_a_line_break_hidden_in_an_encoded_word_adds_no_header(message: Make, recipient: Reader, name: str) -> None:
    hidden = "=?utf-8?q?Hello=0D=0ABcc:_evil@example.org=0D=0A=0D=0Aa_body?="
    mail = (
        to_mail(message(subject=hidden), recipient())
        if name == "subject"
        else to_mail(message(), recipient(name=hidden))
    )
    head = mail.partition(b"\r\n\r\n")[0]
    assert b"Bcc" not in head
    assert b"evil" not in head
    assert "Bcc" not in parsed(mail)
    assert len(list(parsed(mail).iter_parts())) == 2


def test_a_long_line_and_a_large_mail_stay_within_the_rules(message: Make, recipient: Reader) -> None:
    html = "<p>" + "Ж" * 49_000 + "</p>" + "x" * 60_000
    mail = to_mail(message(html=html), recipient())
    assert max(map(len, mail.split(b"\r\n"))) <= 78
    body = parsed(mail).get_body(("html",))
    assert body
    assert html in body.get_content()


def test_a_long_unsubscribe_link_stays_in_one_piece(message: Make, recipient: Reader) -> None:
    link = "https://www.example.com/leave?t=" + "abcDEF-_." * 40
    reader = recipient()
    values = {**reader.values, "unsubscribe_url": link}
    mail = to_mail(message(), Recipient(reader.email, reader.message_id, values))
    assert f"<{link}>" in parsed(mail)["List-Unsubscribe"].replace(" ", "")
    header = mail.split(b"List-Unsubscribe:")[1].split(b"\r\nList-")[0]
    assert b"=?" not in header
    assert link.encode() in header


def test_a_link_longer_than_a_line_is_refused(message: Make, recipient: Reader) -> None:
    reader = recipient()
    values = {**reader.values, "unsubscribe_url": "https://www.example.com/" + "a" * 1000}
    with pytest.raises(ValueError, match="List-Unsubscribe is longer than the 998 characters"):
        to_mail(message(), Recipient(reader.email, reader.message_id, values))


def test_headers_for_programs_are_ascii_and_never_encoded(message: Make) -> None:
    long_domain = ".".join(["b" * 50] * 3)
    for url, sender in (
        ("https://www.münchen.example", "Zeitung <news@münchen.example>"),
        ("", f"<n@{long_domain}.example>"),
    ):
        headers = message_headers(
            sender=sender,
            reply_to="",
            publication=Publication("Zeitung", url=url),
            cadence="daily",
            date=datetime(2026, 11, 23, 7, tzinfo=UTC),
            unsubscribe_mailto="weg+x@münchen.example",
            unsubscribe_https="xtok2tx",
        )
        values = {"email": "", "name": "", "unsubscribe_url": "https://münchen.example/weg/ü?a=b%20c&d=x y>"}
        reader = Recipient("ada@example.com", message_id("e", "ada@example.com", sender_domain(sender)), values)
        mail = to_mail(message(headers=headers), reader)
        back = email.message_from_bytes(mail, policy=email.policy.compat32)
        host = "xn--mnchen-3ya.example" if url else f"{long_domain}.example"
        assert back["List-Id"] == f"<daily.digest.{host}>"
        assert back["Message-ID"] == f"<{reader.message_id}>"
        assert reader.message_id.endswith(f"@{host}")
        assert unfolded(back["List-Unsubscribe"]) == (
            "<https://xn--mnchen-3ya.example/weg/%C3%BC?a=b%20c&d=x%20y%3E>,"
            " <mailto:weg%2Bx@xn--mnchen-3ya.example?subject=unsubscribe>"
        )


@pytest.mark.parametrize("setting", ["sender", "reply_to"])
def test_a_sender_that_needs_smtputf8_is_refused_at_composing(setting: str) -> None:
    mailboxes = {"sender": "The Gazette <news@example.com>", "reply_to": "", setting: "Zoë <zoë@example.com>"}
    with pytest.raises(ConfigError, match=r"zoë@example\.com> cannot be used"):
        message_headers(
            **mailboxes,
            publication=Publication("The Gazette"),
            cadence="daily",
            date=datetime(2026, 11, 23, 7, tzinfo=UTC),
            unsubscribe_mailto="",
            unsubscribe_https="",
        )


def test_a_compiled_message_decodes_to_the_text_filled_in_for_each_recipient(message: Make, recipient: Reader) -> None:
    many = message(
        html="<p>Ж.</p>\r\n.xtok1hx\n.\n...\n.." + "y" * 76 + "\n" + "x" * 75 + "xtok2hx " + "\u05d0" * 80 + "xtok1hx",
        text="xtok1tx",
    )
    compiled = CompiledMessage(many)
    for name in ("Ada", "", ".", "..x", "Ζωή" * 60, "xtok2hx", "a.\t", "=?utf-8?q?x?="):
        mail = parsed(compiled.mail_for(recipient(name=name)))
        reader = recipient(name=name)
        text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
        assert b"\r\n." not in compiled.mail_for(reader)
        assert max(map(len, compiled.mail_for(reader).split(b"\r\n"))) <= 998
        assert text == many.fill(many.text, reader.values) + "\n"
        assert html == many.fill(many.html, reader.values).replace("\r\n", "\n") + "\n"
    assert compiled.mail_for(recipient()) == CompiledMessage(many).mail_for(recipient())


def test_a_subject_may_contain_the_reader_s_name(message: Make, recipient: Reader) -> None:
    subject = "Good morning, xtok1tx"
    assert parsed(to_mail(message(subject=subject), recipient(name="Zoë")))["Subject"] == "Good morning, Zoë"
