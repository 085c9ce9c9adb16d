"""Check that the configuration has what every email needs before anything is sent."""

from __future__ import annotations

from digest.config import Config
from digest.errors import ConfigError


def require_sendable(config: Config) -> None:
    """Refuse to send email that lacks what the law and the mailbox providers require.

    That is a postal address and a way to unsubscribe: CAN-SPAM, 15 U.S.C. 7704(a)(3) and (5); the sender guidelines of
    Gmail and Yahoo.

    Raises:
        ConfigError: the hint names the keys to add.
    """
    missing = []
    if not config.delivery.sender:
        missing.append('from = "Name <address>" under [delivery]')
    if not config.publication.postal_address:
        missing.append("postal_address under [publication]")
    if not (config.audience.unsubscribe_url or config.audience.unsubscribe_mailto):
        missing.append("unsubscribe_url or unsubscribe_mailto under [audience]")
    if missing:
        hint = "add " + " and ".join(missing)
        raise ConfigError("settings that every email needs are missing", location=str(config.file), hint=hint)
    urls = config.audience.unsubscribe_url + config.audience.preferences_url
    if "{token}" in urls and not config.secrets.secret_key:
        raise ConfigError(
            "a link contains {token}, but there is no DIGEST_SECRET_KEY to sign it with",
            location=str(config.file),
            hint="set it in the environment to a long random text, the same for every run",
        )
