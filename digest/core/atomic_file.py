"""A file written anew beside itself and put in its place whole: whoever reads it sees the old one or the new one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from digest.errors import DigestError


class AtomicFile:
    """The new text of a file, which takes its place with `commit` and is thrown away without. A context manager."""

    def __init__(self, file: Path, error: type[DigestError], *, mode: int | None = None) -> None:
        """`file` need not be there yet; where it is a link, what it leads to is replaced.

        `error` is what is raised where that cannot be. A new file gets the `mode`, one that is there keeps its own.
        """
        self.file = file.resolve()
        self.stream: TextIO
        self._error = error
        self._mode = mode
        self._new = self.file.with_name(f".{self.file.name}.{os.getpid()}.new")
        self._old_state = _state(self.file)

    def __enter__(self) -> Self:
        try:
            self.stream = self._new.open("w", encoding="utf-8", newline="")
            if self._old_state:
                _belong_like(self._new, self.file)
            elif self._mode is not None:
                self._new.chmod(self._mode)
        except OSError as error:
            raise self._cannot(error) from None
        return self

    def commit(self, *, backup: Path | None = None) -> None:
        """Put the new text in place of the old, on disk; the old one is kept as `backup`.

        Raises:
            DigestError: it cannot be written, or somebody else has changed the file since this began.
        """
        try:
            self._flush()
            if _state(self.file) != self._old_state:
                raise self._error(
                    "was changed by somebody else meanwhile", location=str(self.file), hint="run the command again"
                )
            if backup and self._old_state:
                kept = self._new.with_suffix(".bak")
                shutil.copy2(self.file, kept)
                _belong_like(kept, self.file)
                kept.replace(backup)
            self._new.replace(self.file)
            _sync_folder(self.file.parent)
        except OSError as error:
            raise self._cannot(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()
        self._new.unlink(missing_ok=True)
        self._new.with_suffix(".bak").unlink(missing_ok=True)

    def _flush(self) -> None:
        self.stream.flush()
        os.fsync(self.stream.fileno())

    def _cannot(self, error: OSError) -> DigestError:
        return self._error(
            f"cannot be written: {error.strerror}",
            location=str(self.file),
            hint="make its folder writable for this user",
        )


def _state(file: Path) -> tuple[int, int, int] | None:
    """What differs once somebody has written to a file, None where there is none."""
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _belong_like(new: Path, old: Path) -> None:
    """Give a file the rights and owner of another: an import as root must not shut out the cron job that reads it."""
    shutil.copymode(old, new)
    seen = old.stat()
    with suppress(PermissionError, AttributeError):  # not root, and not Windows
        os.chown(new, seen.st_uid, seen.st_gid)


def _sync_folder(folder: Path) -> None:
    """Put the file's new place on disk too, where a folder can be opened."""
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
