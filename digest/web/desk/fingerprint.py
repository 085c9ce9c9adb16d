"""Notices that files have changed without reading them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from digest.config import Config

Fingerprint = tuple[tuple[str, int, int], ...]
"""Path, time of the last change in nanoseconds, and size of each file."""


def fingerprint(paths: Iterable[Path]) -> Fingerprint:
    """Fingerprint files, and all files in folders. It differs once any of them is changed, created or deleted."""
    found = []
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            try:
                status = file.stat()
            except OSError:  # deleted or not created yet; once it exists, the fingerprint differs
                continue
            found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def source_paths(config: Config) -> list[Path]:
    """Return the files and folders of the sources that are on this machine."""
    return [source.path for source in config.sources if source.path]
