"""Opens a connection to an SMTP server: greeting, TLS and login, with every failure explained."""

from __future__ import annotations

import ipaddress
import logging
import smtplib
import ssl

from digest.config.provider_settings import SmtpSettings
from digest.core.text import describe_error
from digest.delivery.smtp.transaction import Reply
from digest.errors import DeliveryError

logger = logging.getLogger(__name__)

_DEFAULT_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_CHECK_LOGIN = "check [delivery.smtp] username and DIGEST_SMTP_PASSWORD"


def connect(settings: SmtpSettings, password: str) -> smtplib.SMTP:
    """Return a connection that is ready for mail.

    Raises:
        DeliveryError: the server cannot be reached, or refuses TLS or the login; the hint names the setting to check.
    """
    if settings.username and settings.security == "plain" and not _is_loopback(settings.host):
        message = "the password would be sent without encryption"
        raise server_error(settings, message, 'use security = "starttls" or "tls"')
    if settings.username and not (settings.username + password).isascii():
        message = "the username or password is not ASCII, which is all that an SMTP login can send"
        raise server_error(settings, message, _CHECK_LOGIN)
    try:
        return _open(settings, password)
    except smtplib.SMTPAuthenticationError as error:
        reply = Reply.decode(error.smtp_code, error.smtp_error)
        message = f"the server refuses the login of {settings.username}: {reply}"
        raise server_error(settings, message, _CHECK_LOGIN) from None
    except smtplib.SMTPNotSupportedError as error:
        message = f"the server does not support what the settings require: {describe_error(error)}"
        hint = 'try another [delivery.smtp] security: "starttls", "tls" or "plain"'
        raise server_error(settings, message, hint) from None
    except ssl.SSLError as error:
        message = f"TLS with the server failed: {error.reason or describe_error(error)}"
        raise server_error(settings, message, "check [delivery.smtp] host, port and security") from None
    except ValueError as error:  # a host that is not a valid name, a challenge that is not valid base64
        message = f"cannot connect to the server: {describe_error(error)}"
        hint = "check [delivery.smtp] host, username and DIGEST_SMTP_PASSWORD"
        raise server_error(settings, message, hint) from None
    except (smtplib.SMTPException, OSError) as error:
        message = f"the server cannot be reached: {describe_error(error)}"
        raise server_error(
            settings, message, "check [delivery.smtp] host and port, and that the server is up"
        ) from None


def _open(settings: SmtpSettings, password: str) -> smtplib.SMTP:
    context = ssl.create_default_context()
    port = _port_of(settings)
    logger.debug("connecting to %s:%d (%s)", settings.host, port, settings.security)
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
    logger.debug("connected to %s:%d; it offers %s", settings.host, port, ", ".join(connection.esmtp_features))
    return connection


def server_error(settings: SmtpSettings, message: str, hint: str) -> DeliveryError:
    """Return the error for a server that takes no mail, located at its host and port."""
    return DeliveryError(message, location=f"{settings.host}:{_port_of(settings)}", hint=hint)


def _port_of(settings: SmtpSettings) -> int:
    return settings.port or _DEFAULT_PORTS[settings.security]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
