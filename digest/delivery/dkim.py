"""DKIM signatures (RFC 6376): proof to inboxes that a mail is from its domain and that nobody changed it."""

from __future__ import annotations

from collections.abc import Callable

from digest.config.provider_settings import DkimSettings
from digest.core.text import describe_error
from digest.errors import ConfigError

_SIGNED_HEADERS = (
    b"From",
    b"From",  # once more than it occurs: nobody can add another (RFC 6376 8.15)
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


def make_signer(settings: DkimSettings) -> Callable[[bytes], bytes]:
    """Return a function that returns a mail with its signature in front: rsa-sha256, relaxed for headers and body.

    Raises:
        ConfigError: the key file cannot be read, or contains no RSA key that can sign.
    """
    import dkim
    from dkim.crypto import UnparsableKeyError

    location = str(settings.key_file)
    try:
        key = settings.key_file.read_bytes()
    except OSError as error:
        message = f"the DKIM key cannot be read: {error.strerror}"
        hint = "correct [dkim] key_file, or the file's permissions"
        raise ConfigError(message, location=location, hint=hint) from None
    selector, domain = settings.selector.encode("ascii"), settings.domain.encode("idna")

    def sign(mail: bytes) -> bytes:
        header: bytes = dkim.sign(
            mail,
            selector,
            domain,
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=list(_SIGNED_HEADERS),
            linesep=b"\r\n",
        )
        return header + mail

    try:
        sign(b"From: a@example.com\r\n\r\n\r\n")
    except (UnparsableKeyError, dkim.DKIMException, ValueError, TypeError) as error:
        message = f"the DKIM key is not an RSA key that can sign: {describe_error(error)}"
        hint = "create one with `openssl genrsa -traditional -out FILE 2048`, without a passphrase"
        raise ConfigError(message, location=location, hint=hint) from None
    return sign
