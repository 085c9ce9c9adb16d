"""Subscribers as an edition sees them: the segment whose Message they get, and the values for its merge fields."""

from __future__ import annotations

import hmac

from digest import delivery, subscribers
from digest.config import Config
from digest.errors import ConfigError
from digest.models import Recipient, Segment, Subscriber
from digest.storage import FrozenLinks, RecipientFactory


def assign_segment(config: Config, subscriber: Subscriber) -> Segment:
    """Return the segment whose Message a subscriber gets."""
    return subscribers.segment_of(subscriber, config.publication.language)


def freeze_links(config: Config) -> FrozenLinks:
    """Return what an edition that is frozen now derives Message-IDs and personal links from."""
    audience = config.audience
    signed = "{token}" in audience.unsubscribe_url + audience.preferences_url
    return FrozenLinks(
        domain=delivery.sender_domain(config.delivery.sender),
        unsubscribe_url=audience.unsubscribe_url,
        unsubscribe_mailto=audience.unsubscribe_mailto,
        preferences_url=audience.preferences_url,
        key_id=_key_id(config.secrets.secret_key) if signed and config.secrets.secret_key else "",
    )


def create_recipient_factory(links: FrozenLinks, edition: str, secret: str) -> RecipientFactory:
    """Return a function that makes an edition's Recipients, with a value for every merge field.

    Raises:
        ConfigError: the links were signed with another key: readers would get other bytes than were frozen.
    """
    if links.key_id and links.key_id != _key_id(secret):
        raise ConfigError(
            f"the links of {edition} are signed with another DIGEST_SECRET_KEY",
            hint="set the key that was in use when it was frozen, and run the command again",
        )

    def make(email: str, name: str) -> Recipient:
        if links.unsubscribe_url:
            unsubscribe_url = subscribers.unsubscribe_url(links.unsubscribe_url, email, secret)
        else:
            unsubscribe_url = f"mailto:{links.unsubscribe_mailto}?subject=unsubscribe"
        values = {"email": email, "name": name, "unsubscribe_url": unsubscribe_url}
        if links.preferences_url:
            values["preferences_url"] = subscribers.preferences_url(links.preferences_url, email, secret)
        return Recipient(email, delivery.message_id(edition, email, links.domain), values)

    return make


def make_recipient(config: Config, edition: str, subscriber: Subscriber) -> Recipient:
    """Return a subscriber as a recipient of an edition that is not frozen.

    Raises:
        ConfigError: the unsubscribe URL contains `{token}` and there is no secret to sign it with.
    """
    make = create_recipient_factory(freeze_links(config), edition, config.secrets.secret_key)
    return make(subscriber.email, subscriber.name)


def _key_id(secret: str) -> str:
    """Name a key without revealing it."""
    return hmac.digest(secret.encode(), b"digest.key id", "sha256").hex()[:16]
