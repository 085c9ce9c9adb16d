"""The ledger: what was sent to whom, so that nobody is mailed twice or missed. May import core and models."""

from digest.storage.claims import Claim, ClaimQueue
from digest.storage.database import Database
from digest.storage.editions import EditionRecord
from digest.storage.erasure import ERASED
from digest.storage.freeze import EditionSource, FrozenRecipient, SentArticle
from digest.storage.recipients import RecipientRecord
from digest.storage.sources import FetchRecord, SourceState

__all__ = [
    "ERASED",
    "Claim",
    "ClaimQueue",
    "Database",
    "EditionRecord",
    "EditionSource",
    "FetchRecord",
    "FrozenRecipient",
    "RecipientRecord",
    "SentArticle",
    "SourceState",
]
