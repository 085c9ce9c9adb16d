"""The errors that stop work. Each says what was wrong, where, and what to do next, and knows its exit status.

    DigestError                 exit 1
    ├── ConfigError             exit 2   also a ValueError: digest.toml or the environment
    ├── UsageError              exit 2   also a ValueError: the command line asks for what cannot be
    ├── SourceError             exit 1   also an OSError: a source that cannot be read (kept as a value in its Harvest)
    ├── AudienceError           exit 2   also a ValueError: subscribers.csv cannot be used at all
    ├── TemplateError           exit 2   also a ValueError: a template is missing, broken or makes broken MJML
    ├── DraftError              exit 1   also a ValueError: a draft that cannot be read, or may not be sent yet
    │   └── DraftChangedError   exit 1   a draft that somebody else has changed meanwhile
    ├── DeliveryError           exit 1   also a ConnectionError: a provider that takes nothing (login, no network)
    ├── LateError               exit 1   also a TimeoutError: an edition whose time has passed
    ├── LedgerError             exit 1   also an OSError: the memory cannot be read or written
    └── LockedError             exit 75  also a BlockingIOError: another run is at work (EX_TEMPFAIL of sysexits.h)

Trouble that stops only a part of the work (one feed, one row, one address) is no error but a `models.Problem`.
"""

from __future__ import annotations

from typing import ClassVar

from digest.models import Problem


class DigestError(Exception):
    """The root: `what` is wrong, `where` (file:line, URL, setting; may be empty), and the `next_step`."""

    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        """`what` is a sentence without a full stop; so is `next_step`."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        """One line: `where: what; next step`."""
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.what}" + (f"; {self.next_step}" if self.next_step else "")

    def as_problem(self) -> Problem:
        """The same as a value, for work that goes on."""
        return Problem(self.where, self.what, self.next_step)


class ConfigError(DigestError, ValueError):
    """digest.toml or the environment is wrong or lacks something."""

    exit_status = 2


class UsageError(DigestError, ValueError):
    """The command line asks for something that cannot be."""

    exit_status = 2


class SourceError(DigestError, OSError):
    """A source cannot be read."""


class AudienceError(DigestError, ValueError):
    """subscribers.csv cannot be used at all: missing, no email column, not one valid address."""

    exit_status = 2


class TemplateError(DigestError, ValueError):
    """A template is missing, broken, or makes MJML that cannot be rendered; `where` is file:line."""

    exit_status = 2


class DraftError(DigestError, ValueError):
    """An edition's draft cannot be read, or may not be sent as it is; `where` is file:line."""


class DraftChangedError(DraftError):
    """Somebody else saved the draft since it was read: nothing of theirs was overwritten."""


class DeliveryError(DigestError, ConnectionError):
    """The provider takes nothing at all; nothing of the batch in hand was sent."""


class LateError(DigestError, TimeoutError):
    """The edition's time has passed."""


class LedgerError(DigestError, OSError):
    """The ledger cannot be read or written."""


class LockedError(DigestError, BlockingIOError):
    """Another run holds the lock."""

    exit_status = 75
