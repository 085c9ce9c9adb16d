"""Subscribers as an edition sees them: the segment whose Message they get, and the values for its merge fields."""

from __future__ import annotations

from digest import delivery, subscribers
from digest.config import Config
from digest.models import Recipient, Segment, Subscriber


def assign_segment(config: Config, subscriber: Subscriber) -> Segment:
    """Return the segment whose Message a subscriber gets."""
    return subscribers.segment_of(subscriber, config.publication.language)


def make_recipient(config: Config, edition: str, subscriber: Subscriber) -> Recipient:
    """Return a subscriber as a recipient of an edition, with a value for every merge field.

    Raises:
        ConfigError: the unsubscribe URL contains `{token}` and there is no secret to sign it with.
    """
    options, secret = config.audience, config.secrets.secret_key
    if options.unsubscribe_url:
        unsubscribe_url = subscribers.unsubscribe_url(options.unsubscribe_url, subscriber.email, secret)
    else:
        unsubscribe_url = f"mailto:{options.unsubscribe_mailto}?subject=unsubscribe"
    values = {"email": subscriber.email, "name": subscriber.name, "unsubscribe_url": unsubscribe_url}
    if options.preferences_url:
        values["preferences_url"] = subscribers.preferences_url(options.preferences_url, subscriber.email, secret)
    return Recipient(
        email=subscriber.email,
        message_id=delivery.message_id(edition, subscriber.email, config.delivery.sender),
        values=values,
    )
