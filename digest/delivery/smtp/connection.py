"""A connection to an SMTP server, greeted, encrypted and logged in; what fails on the way in words."""

from __future__ import annotations

import ipaddress
import smtplib
import ssl

from digest.config.provider_settings import SmtpSettings
from digest.core.text import one_line
from digest.errors import DeliveryError

_PORTS = {"starttls": 587, "tls": 465, "plain": 25}


def connect(settings: SmtpSettings, password: str) -> smtplib.SMTP:
    """A connection that takes mail. Raises DeliveryError with what to mend."""
    if settings.username and settings.security == "plain" and not _is_loopback(settings.host):
        hint = 'use security = "starttls" or "tls"'
        raise failure(settings, "would be told the password without encryption", hint)
    try:
        return _open(settings, password)
    except smtplib.SMTPAuthenticationError as error:
        what = f"refuses the login of {settings.username}: {error.smtp_code} {words_of(error.smtp_error)}"
        raise failure(settings, what, "check [delivery.smtp] username and DIGEST_SMTP_PASSWORD") from None
    except UnicodeEncodeError:
        what = "cannot be told a username or password that is not ASCII"
        raise failure(settings, what, "check [delivery.smtp] username and DIGEST_SMTP_PASSWORD") from None
    except smtplib.SMTPNotSupportedError as error:
        what = f"does not offer what is asked: {words_of(error)}"
        hint = 'try another [delivery.smtp] security: "starttls", "tls" or "plain"'
        raise failure(settings, what, hint) from None
    except ssl.SSLError as error:
        what = f"cannot be spoken to in TLS: {error.reason or words_of(error)}"
        raise failure(settings, what, "check [delivery.smtp] host, port and security") from None
    except ValueError as error:  # a host that is no name, a challenge that is no base64
        what = f"cannot be spoken to: {words_of(error)}"
        raise failure(settings, what, "check [delivery.smtp] host, username and DIGEST_SMTP_PASSWORD") from None
    except (smtplib.SMTPException, OSError) as error:
        what = f"cannot be reached: {words_of(error)}"
        hint = "check [delivery.smtp] host and port, and that the server is up"
        raise failure(settings, what, hint) from None


def _open(settings: SmtpSettings, password: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    port = port_of(settings)
    connection: smtplib.SMTP
    if settings.security == "tls":
        connection = smtplib.SMTP_SSL(settings.host, port, timeout=settings.timeout, context=context)
    else:
        connection = smtplib.SMTP(settings.host, port, timeout=settings.timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
        if settings.username:
            connection.login(settings.username, password)
    except BaseException:
        connection.close()
        raise
    return connection


def failure(settings: SmtpSettings, what: str, hint: str) -> DeliveryError:
    """The error of a server that takes nothing."""
    return DeliveryError(f"the server {what}", location=f"{settings.host}:{port_of(settings)}", hint=hint)


def port_of(settings: SmtpSettings) -> int:
    """The port that the settings mean."""
    return settings.port or _PORTS[settings.security]


def words_of(told: object) -> str:
    """A server's words, or an error's, on one line."""
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    return one_line(text) or type(told).__name__


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
