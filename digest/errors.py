"""The errors that stop work. Each has a message, its location, a hint what to do next, and an exit status.

    DigestError                 exit 1
    ├── ConfigError             exit 2   also a ValueError: digest.toml or the environment
    ├── UsageError              exit 2   also a ValueError: the command line asks for something impossible
    ├── SourceError             exit 1   also an OSError: a source that cannot be read; kept in its FetchResult
    ├── SubscribersError        exit 2   also a ValueError: subscribers.csv cannot be used at all
    ├── TemplateError           exit 2   also a ValueError: a template is missing, broken or makes broken MJML
    ├── DraftError              exit 1   also a ValueError: a draft that cannot be read, or may not be sent yet
    │   └── DraftChangedError   exit 1   a draft that somebody else changed meanwhile
    ├── DeliveryError           exit 1   also a ConnectionError: a provider that accepts nothing (bad login, no network)
    ├── TooLateError            exit 1   also a TimeoutError: an edition that is too late to be sent
    ├── StorageError            exit 1   also an OSError: the ledger cannot be read or written
    └── LockedError             exit 75  also a BlockingIOError: another run is in progress (EX_TEMPFAIL of sysexits.h)

A fault that stops only a part of the work (one feed, one row, one address) is a `models.Problem` instead.
"""

from __future__ import annotations

from typing import ClassVar

from digest.models import Problem


class DigestError(Exception):
    """The root: a `message`, its `location` (file:line, URL or setting; may be empty), and a `hint` what to do."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, location: str = "", hint: str = "") -> None:
        """`message` and `hint` are sentences without a full stop."""
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        """One line: `location: message; hint`."""
        location = f"{self.location}: " if self.location else ""
        return f"{location}{self.message}" + (f"; {self.hint}" if self.hint else "")

    def as_problem(self) -> Problem:
        """Return the error as a value, for work that continues."""
        return Problem(self.location, self.message, self.hint)


class ConfigError(DigestError, ValueError):
    """digest.toml or the environment is not valid or incomplete."""

    exit_status = 2


class UsageError(DigestError, ValueError):
    """The command line asks for something impossible."""

    exit_status = 2


class SourceError(DigestError, OSError):
    """A source cannot be read."""


class SubscribersError(DigestError, ValueError):
    """subscribers.csv cannot be used at all: missing, no email column, not one valid address."""

    exit_status = 2


class TemplateError(DigestError, ValueError):
    """A template is missing, broken, or produces MJML that cannot be rendered; `location` is file:line."""

    exit_status = 2


class DraftError(DigestError, ValueError):
    """An edition's draft cannot be read, or may not be sent as it is; `location` is file:line."""


class DraftChangedError(DraftError):
    """Somebody else saved the draft since it was read: nothing of theirs was overwritten."""


class DeliveryError(DigestError, ConnectionError):
    """The provider accepts nothing at all; nothing of the current batch was sent."""


class TooLateError(DigestError, TimeoutError):
    """It is too late to send the edition."""


class StorageError(DigestError, OSError):
    """The ledger cannot be read or written."""


class LockedError(DigestError, BlockingIOError):
    """Another run holds the lease, or the lock on the tables."""

    exit_status = 75
