"""A reader erased at their own request (GDPR, art. 17): from the list, its backup and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config import Config
from digest.models import Problem
from digest.storage import Database
from digest.subscribers.address import normalize_address
from digest.subscribers.open_store import open_store


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """What was erased: rows of the list and editions of the ledger; `problems` name the places to clean by hand."""

    email: str
    list_name: str
    rows: int
    editions: int
    problems: Sequence[Problem]


def erase_subscriber(config: Config, address: str, now: datetime) -> ErasureResult:
    """Erase a reader and never mail them again: the ledger keeps only a keyed hash of the address.

    Raises:
        SubscribersError: the address is not valid, or the list cannot be written.
        LockedError: a send is running, or another import or erasure takes too long.
        ConfigError: DIGEST_SECRET_KEY is not set.
    """
    email = normalize_address(address)
    with Database.open_for(config) as database, database.hold("daily", "weekly"):
        database.subscribers.require_secret()
        store = open_store(config, database, now)
        with database.hold_subscribers():
            rows, problems = store.erase(email)
            editions = database.subscribers.erase(email, now)
    backups = [
        Problem(str(file), f"still contains {email}", "delete this old copy of the ledger, once you need it no more")
        for file in sorted(config.folder.glob(f"{config.ledger_file.name}.v*.bak"))
        if _contains(file, email)
    ]
    return ErasureResult(email, store.name, rows, editions, [*problems, *backups])


def _contains(file: Path, email: str) -> bool:
    """Return whether a ledger of version 1, which a migration left as a backup, contains an address."""
    tail = b""
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            if email.encode() in tail + chunk:
                return True
            tail = chunk[-len(email.encode()) :]
    return False
