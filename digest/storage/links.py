"""What is frozen of an edition's personal parts, so that a resume makes the same Message-IDs and links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.models import Recipient

RecipientFactory = Callable[[str, str], Recipient]
"""Makes the Recipient of an edition from an address and a name."""


@dataclass(frozen=True, slots=True)
class FrozenLinks:
    """The settings that Message-IDs and links are derived from, as they were when the edition was frozen.

    `domain` is that of the Message-IDs. The URLs are templates as in digest.toml, empty if not set;
    `unsubscribe_mailto` is used without an `unsubscribe_url`. `key_id` names the secret key that signs the tokens,
    empty if no link has one.
    """

    domain: str
    unsubscribe_url: str = ""
    unsubscribe_mailto: str = ""
    preferences_url: str = ""
    key_id: str = ""
