"""What a send needs of the configuration: refused with what to add where it lacks, else a provider is opened by it."""

from __future__ import annotations

from digest import delivery
from digest.config import Config
from digest.delivery.provider import Provider
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
        raise ConfigError("a mail needs more than this before it may go out", location=str(config.file), hint=add)
    urls = config.audience.unsubscribe_url + config.audience.preferences_url
    if "{token}" in urls and not config.secrets.secret_key:
        raise ConfigError(
            "a link holds {token}, and there is no DIGEST_SECRET_KEY to sign it with",
            location=str(config.file),
            hint="set it in the environment to a long random text, the same on every run",
        )


def require_providers(config: Config) -> None:
    """Refuse to send by providers that lack a secret or a setting; nothing is connected.

    Asked for before an edition is frozen, of the second provider too, which would be missed only when it is needed.

    Raises:
        ConfigError, DeliveryError: it names what to add or mend.
    """
    for settings in config.delivery.providers:
        with open_provider(config, settings):
            pass


def open_pool(config: Config, settings: delivery.Settings) -> delivery.Pool:
    """As many connections to a provider of the configuration as it is to have.

    Raises:
        ConfigError: its secret is not set.
    """
    connections = config.delivery.connections or settings.connections
    return delivery.open_pool(settings, _secret(config, settings), connections)


def open_provider(config: Config, settings: delivery.Settings) -> Provider:
    """One connection to a provider of the configuration.

    Raises:
        ConfigError: its secret is not set.
    """
    return delivery.open_provider(settings, _secret(config, settings))


def _secret(config: Config, settings: delivery.Settings) -> str:
    secret = config.secrets.providers.get(settings.secret, "")
    if settings.login and not secret:
        raise ConfigError(
            f"no {settings.secret} to {settings.login} with",
            location=str(config.file),
            hint="set it in the environment of this command",
        )
    return secret
