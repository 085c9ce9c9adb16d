"""The ledger: the memory of what was sent to whom, so that nobody is mailed twice and nobody is missed."""

from digest.ledger.erasure import ERASED
from digest.ledger.freezing import FrozenRecipient, SentArticle
from digest.ledger.history import EditionRecord, RecipientRecord, SourceState
from digest.ledger.memory import Reading, SourceMemory
from digest.ledger.sending import Claim, Sending
from digest.ledger.store import Ledger

__all__ = [
    "ERASED",
    "Claim",
    "EditionRecord",
    "FrozenRecipient",
    "Ledger",
    "Reading",
    "RecipientRecord",
    "Sending",
    "SentArticle",
    "SourceMemory",
    "SourceState",
]
