"""Signatures that inboxes can verify."""

import subprocess
from pathlib import Path

import dkim
import pytest

from digest import config
from digest.delivery import DkimSettings, SmtpSettings, open_provider
from digest.delivery.dkim import make_signer
from digest.errors import ConfigError
from tests.delivery.sample import Make, Reader, Send
from tests.servers.smtp import SmtpServer


def openssl(*words: str) -> bytes:
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


@pytest.fixture(scope="module", params=["genrsa", "genrsa -traditional"])
def key(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    openssl(*request.param.split(), "-out", str(file), "1024")
    return file


def verified(mail: bytes, key: Path) -> bool:
    queries = []

    def record(name: bytes, timeout: int = 5) -> bytes:
        queries.append(name)
        public = openssl("rsa", "-in", str(key), "-pubout")
        return b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])

    good = dkim.verify(mail, dnsfunc=record, minkey=1024)
    assert queries == [b"news._domainkey.example.com."]
    return bool(good)


def test_a_mail_that_goes_out_is_signed_and_no_change_is_missed(
    send: Send, smtp_server: SmtpServer, message: Make, recipient: Reader, key: Path
) -> None:
    settings = SmtpSettings(
        "127.0.0.1", smtp_server.port, "plain", timeout=5, dkim=DkimSettings("example.com", "news", key)
    )
    assert [receipt.outcome for receipt in send(settings, message(), recipient(), recipient("b@example.com"))] == [
        "accepted",
        "accepted",
    ]
    for mail in smtp_server.handler.mails:
        assert mail.startswith(b"DKIM-Signature: ")
        assert verified(mail, key)
        for old, new in (
            (b"List-Unsubscribe: <https://www", b"List-Unsubscribe: <https://bad"),
            (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click", b"List-Unsubscribe-Post: none"),
            (b"Subject: The ferry", b"Subject: No ferry"),
            (b"\r\nFrom: ", b"\r\nFrom: evil@example.org\r\nFrom: "),
            (b"</html>", b"x</html>"),
        ):
            assert mail.count(old) == 1
            assert not verified(mail.replace(old, new), key)


def test_an_invalid_key_is_refused_before_the_first_mail(tmp_path: Path, smtp_server: SmtpServer) -> None:
    locked = tmp_path / "locked.pem"
    openssl("genrsa", "-aes128", "-passout", "pass:x", "-out", str(locked), "1024")
    (tmp_path / "text").write_text("no key")
    for name, words in (("none.pem", "cannot be read"), ("locked.pem", "not an RSA key"), ("text", "not an RSA key")):
        settings = SmtpSettings(
            "127.0.0.1", smtp_server.port, "plain", dkim=DkimSettings("example.com", "news", tmp_path / name)
        )
        with pytest.raises(ConfigError, match=rf"{name}: .*{words}"):
            open_provider(settings, "")
    with pytest.raises(ConfigError, match="openssl genrsa"):
        make_signer(DkimSettings("example.com", "news", tmp_path / "text"))


def load(tmp_path: Path, text: str) -> config.Config:
    file = tmp_path / "digest.toml"
    file.write_text(f'[publication]\nname = "The Gazette"\n{text}', encoding="utf-8")
    return config.load(file, {})


def test_the_configuration_says_what_is_signed(tmp_path: Path) -> None:
    table = '[dkim]\ndomain = "example.com"\nselector = "news"\nkey_file = "dkim.pem"\n'
    loaded = load(tmp_path, f'[delivery]\nprovider = "smtp"\nfrom = "n@mail.example.com"\n{table}')
    assert loaded.delivery.provider == SmtpSettings(dkim=DkimSettings("example.com", "news", tmp_path / "dkim.pem"))
    for delivery, words in (
        ('provider = "smtp"\nfrom = "n@example.org"', "is not the domain of"),
        ('provider = "sendgrid"\nfrom = "n@example.com"', "sign mails themselves"),
    ):
        with pytest.raises(ConfigError, match=words):
            load(tmp_path, f"[delivery]\n{delivery}\n{table}")
