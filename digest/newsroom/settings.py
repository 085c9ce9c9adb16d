"""What a send needs of the configuration: refused with what to add where it lacks, else as the provider's settings."""

from __future__ import annotations

from digest import delivery
from digest.config import Config
from digest.errors import ConfigError


def require_sendable(config: Config) -> None:
    """Refuse to send mail that lacks what the law and the inbox ask of every mail.

    A postal address and a way to leave: CAN-SPAM, 15 U.S.C. 7704(a)(3) and (5); Gmail's and Yahoo's sender guidelines.

    Raises:
        ConfigError: it names the keys to add.
    """
    missing = []
    if not config.delivery.sender:
        missing.append('from = "Name <address>" under [delivery]')
    if not config.publication.postal_address:
        missing.append("postal_address under [publication]")
    if not (config.audience.unsubscribe_url or config.audience.unsubscribe_mailto):
        missing.append("unsubscribe_url or unsubscribe_mailto under [audience]")
    if missing:
        add = "add " + " and ".join(missing)
        raise ConfigError("a mail needs more than this before it may go out", where=str(config.file), next_step=add)
    if "{token}" in config.audience.unsubscribe_url and not config.secrets.secret_key:
        raise ConfigError(
            "unsubscribe_url holds {token}, and there is no DIGEST_SECRET_KEY to sign it with",
            where=str(config.file),
            next_step="set it in the environment to a long random text, the same on every run",
        )


def provider_settings(config: Config) -> delivery.Settings:
    """What the configured provider needs, its secret from the environment included.

    Raises:
        ConfigError: the secret is not set.
    """
    options = config.delivery
    if options.provider == "smtp":
        if options.smtp.username and not config.secrets.smtp_password:
            raise _no_secret(config, "DIGEST_SMTP_PASSWORD", f"log in to {options.smtp.host}")
        return delivery.SmtpSettings(
            host=options.smtp.host,
            port=options.smtp.port,
            security=options.smtp.security,
            username=options.smtp.username,
            password=config.secrets.smtp_password,
            timeout=options.smtp.timeout,
        )
    if options.provider == "sendgrid":
        if not config.secrets.sendgrid_api_key:
            raise _no_secret(config, "SENDGRID_API_KEY", "send through SendGrid")
        return delivery.SendGridSettings(
            api_key=config.secrets.sendgrid_api_key, host=options.sendgrid.host, timeout=options.sendgrid.timeout
        )
    return delivery.MaildirSettings(folder=options.outbox)


def _no_secret(config: Config, variable: str, purpose: str) -> ConfigError:
    return ConfigError(
        f"no {variable} to {purpose} with",
        where=str(config.file),
        next_step="set it in the environment of this command",
    )
