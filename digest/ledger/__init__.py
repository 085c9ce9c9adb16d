"""The ledger: the memory of what was sent to whom, so that nobody is mailed twice and nobody is missed."""

from digest.ledger.lock import run_lock
from digest.ledger.memory import Reading, SourceMemory
from digest.ledger.store import EditionRecord, FrozenRecipient, Ledger, RecipientRecord, SentArticle, SourceState

__all__ = [
    "EditionRecord",
    "FrozenRecipient",
    "Ledger",
    "Reading",
    "RecipientRecord",
    "SentArticle",
    "SourceMemory",
    "SourceState",
    "run_lock",
]
