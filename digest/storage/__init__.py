"""The ledger: the memory of what was sent to whom, so that nobody is mailed twice and nobody is missed."""

from digest.storage.erasure import ERASED
from digest.storage.editions import FrozenRecipient, SentArticle
from digest.storage.history import EditionRecord, RecipientRecord, SourceState
from digest.storage.sources import Reading, SourceMemory
from digest.storage.recipients import Claim, Sending
from digest.storage.database import Ledger

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
