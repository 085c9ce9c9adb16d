"""Replaces a file atomically: other processes see either the old content or all of the new."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from digest.errors import DigestError


class AtomicFile:
    """A context manager for the new content of a file: `commit` puts it in place; without that it is discarded."""

    def __init__(self, file: Path, error: type[DigestError], *, mode: int | None = None) -> None:
        """`file` need not exist; if it is a link, its target is replaced.

        `error` is the class of error to raise if it cannot be written. A new file gets the `mode`, an existing one
        keeps its own.
        """
        self.file = file.resolve()
        self.stream: TextIO
        self._error = error
        self._mode = mode
        self._new = self.file.with_name(f".{self.file.name}.{os.getpid()}.new")
        self._old_state = _read_state(self.file)

    def __enter__(self) -> Self:
        try:
            self.stream = self._new.open("w", encoding="utf-8", newline="")
            if self._old_state:
                _copy_ownership(self.file, self._new)
            elif self._mode is not None:
                self._new.chmod(self._mode)
        except OSError as error:
            raise self._write_error(error) from None
        return self

    def commit(self, *, backup: Path | None = None) -> None:
        """Put the new content in place, on disk; the old content is kept as `backup`.

        Raises:
            DigestError: it cannot be written, or somebody else changed the file meanwhile.
        """
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            if _read_state(self.file) != self._old_state:
                raise self._error(
                    "was changed by somebody else meanwhile", location=str(self.file), hint="run the command again"
                )
            if backup and self._old_state:
                copy = self._new.with_suffix(".bak")
                shutil.copy2(self.file, copy)
                _copy_ownership(self.file, copy)
                copy.replace(backup)
            self._new.replace(self.file)
            _sync_folder(self.file.parent)
        except OSError as error:
            raise self._write_error(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stream.close()
        self._new.unlink(missing_ok=True)
        self._new.with_suffix(".bak").unlink(missing_ok=True)

    def _write_error(self, error: OSError) -> DigestError:
        return self._error(
            f"cannot be written: {error.strerror}",
            location=str(self.file),
            hint="make its folder writable for this user",
        )


def _read_state(file: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever somebody writes to the file, None if it does not exist."""
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def _copy_ownership(source: Path, target: Path) -> None:
    """Copy a file's mode and owner: an import as root must not shut out the cron job that reads the file."""
    shutil.copymode(source, target)
    state = source.stat()
    with suppress(PermissionError, AttributeError):  # not root, and not Windows
        os.chown(target, state.st_uid, state.st_gid)


def _sync_folder(folder: Path) -> None:
    """Write the file's new name to disk too, if the folder can be opened."""
    with suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
