"""Pseudonyms: a keyed hash stands for the address of an erased reader, who is recognised by it and by nothing else."""

from __future__ import annotations

import hmac
from functools import lru_cache

from sqlalchemy import Connection, func, select

from digest.core.text import format_count
from digest.errors import ConfigError
from digest.storage.tables import suppressions

ERASED_PREFIX = "erased:"
"""Every pseudonym starts with it. No address does: a pseudonym has no `@`."""


def make_pseudonym(email: str, secret: str) -> str:
    """Return what stands for an erased address: `erased:<of the key>:<HMAC-SHA256 of the address>`, in hexadecimal.

    It is the same at every call with this secret, and reveals nothing without it (GDPR, art. 4(5)).
    """
    return _prefix(secret) + _hash(secret, f"address {email}")


def check_secret(connection: Connection, secret: str) -> bool:
    """Check that the secret recognises every erased reader; return whether there are any.

    Raises:
        ConfigError: there are some that it would not recognise: there is no secret, or it is another one.
    """
    erased = select(func.count()).where(suppressions.c.email.startswith(ERASED_PREFIX))
    count = connection.scalar(erased) or 0
    known = connection.scalar(erased.where(suppressions.c.email.startswith(_prefix(secret)))) if secret else 0
    if strangers := count - (known or 0):
        people = format_count(strangers, "erased reader", "erased readers")
        raise ConfigError(
            f"{people} would not be recognised with {'this' if secret else 'no'} DIGEST_SECRET_KEY",
            hint="set the key that was in use when they were erased; if it is lost, `digest suppress --list` lists "
            "them and `digest unsuppress erased:...` gives one up",
        )
    return count > 0


@lru_cache(maxsize=4)
def _prefix(secret: str) -> str:
    return f"{ERASED_PREFIX}{_hash(secret, 'key')[:8]}:"


def _hash(secret: str, purpose: str) -> str:
    # The secret also signs links: what is hashed for one purpose must be useless for another.
    return hmac.digest(secret.encode(), f"digest.erased {purpose}".encode(), "sha256").hex()
