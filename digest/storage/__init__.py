"""The ledger: what was sent to whom, so that nobody is mailed twice and nobody is missed.

`Database` opens it; each of its attributes is the repository of one concern, in a file of its own. Everything above may
use this package. It may import config, core, models and errors, and nothing else imports SQLAlchemy and Alembic.
`tables.py` draws the life of an edition and of a recipient.
"""

from digest.storage.claims import Claim, ClaimQueue
from digest.storage.copy import move_ledger
from digest.storage.database import Database
from digest.storage.editions import EditionRecord
from digest.storage.freeze import EditionArticle, EditionSource, FrozenRecipient
from digest.storage.history import HistoryEntry
from digest.storage.leases import Lease
from digest.storage.links import FrozenLinks, RecipientFactory
from digest.storage.maintenance import back_up_ledger, prune_ledger, upgrade_ledger
from digest.storage.pseudonyms import ERASED_PREFIX
from digest.storage.reader_choices import Consent, ListStatuses, ReaderChoice, apply_choice, combine_status
from digest.storage.recipients import RecipientRecord
from digest.storage.sources import FetchRecord, SourceState

__all__ = [
    "ERASED_PREFIX",
    "Claim",
    "ClaimQueue",
    "Consent",
    "Database",
    "EditionArticle",
    "EditionRecord",
    "EditionSource",
    "FetchRecord",
    "FrozenLinks",
    "FrozenRecipient",
    "HistoryEntry",
    "Lease",
    "ListStatuses",
    "ReaderChoice",
    "RecipientFactory",
    "RecipientRecord",
    "SourceState",
    "apply_choice",
    "back_up_ledger",
    "combine_status",
    "move_ledger",
    "prune_ledger",
    "upgrade_ledger",
]
