"""DKIM signatures (RFC 6376): what proves to inboxes that a mail is its domain's, and that nobody changed it."""

from __future__ import annotations

from collections.abc import Callable

from digest.config.provider_settings import DkimSettings
from digest.core.text import describe_error
from digest.errors import ConfigError

_HEADERS = (
    b"From",
    b"From",  # once more than there are: nobody can add another (RFC 6376 8.15)
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"MIME-Version",
    b"Content-Type",
    b"List-Id",
    # One-click unsubscribing counts only where both are signed (RFC 8058 4).
    b"List-Unsubscribe",
    b"List-Unsubscribe-Post",
)


def signer(settings: DkimSettings) -> Callable[[bytes], bytes]:
    """A function that puts a signature in front of a mail: rsa-sha256, relaxed in headers and body.

    Raises:
        ConfigError: the key file cannot be read, or holds no RSA key that can be signed with.
    """
    import dkim
    from dkim.crypto import UnparsableKeyError

    where = str(settings.key_file)
    try:
        key = settings.key_file.read_bytes()
    except OSError as error:
        step = "mend [dkim] key_file, or the file's rights"
        raise ConfigError(f"the DKIM key cannot be read: {error.strerror}", location=where, hint=step) from None
    selector, domain = settings.selector.encode("ascii"), settings.domain.encode("idna")

    def sign(mail: bytes) -> bytes:
        header: bytes = dkim.sign(
            mail,
            selector,
            domain,
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_HEADERS),
            linesep=b"\r\n",
        )
        return header + mail

    try:
        sign(b"From: a@example.com\r\n\r\n\r\n")
    except (UnparsableKeyError, dkim.DKIMException, ValueError, TypeError) as error:
        what = describe_error(error)
        step = "make one with `openssl genrsa -traditional -out FILE 2048`, without a passphrase"
        raise ConfigError(f"this is no RSA key to sign with: {what}", location=where, hint=step) from None
    return sign
