"""Open the configured providers with their secrets."""

from __future__ import annotations

from digest import delivery
from digest.config import Config
from digest.delivery.provider import Provider
from digest.errors import ConfigError


def require_providers(config: Config) -> None:
    """Refuse to send through providers that lack a secret or a setting, without connecting to them.

    Checked before an edition is frozen, the fallback included, which would otherwise be missed only when it is needed.

    Raises:
        ConfigError, DeliveryError: the message names what to add or fix.
    """
    for settings in config.delivery.providers:
        with open_provider(config, settings):
            pass


def open_pool(config: Config, settings: delivery.Settings) -> delivery.Pool:
    """Return a pool with the configured number of connections to a provider.

    Raises:
        ConfigError: its secret is not set.
    """
    connections = config.delivery.connections or settings.connections
    return delivery.open_pool(settings, _get_secret(config, settings), connections)


def open_provider(config: Config, settings: delivery.Settings) -> Provider:
    """Return one connection to a configured provider.

    Raises:
        ConfigError: its secret is not set.
    """
    return delivery.open_provider(settings, _get_secret(config, settings))


def _get_secret(config: Config, settings: delivery.Settings) -> str:
    secret = config.secrets.providers.get(settings.secret_variable, "")
    if settings.login and not secret:
        raise ConfigError(
            f"{settings.secret_variable} is not set; it is needed to {settings.login}",
            location=str(config.file),
            hint="set it in the environment of this command",
        )
    return secret
