"""Fetch what a source points to, from the web or from a file."""

from __future__ import annotations

from pathlib import Path

from digest.errors import SourceError
from digest.models import Source
from digest.sources.context import Context
from digest.sources.http import MAX_BYTES, Document, too_large


def retrieve(source: Source, context: Context, accept: str = "*/*") -> Document:
    """The document at a source's URL or path.

    Raises:
        SourceError: it cannot be read, is too big or empty.
    """
    document = _from_file(source.path) if source.path else context.web.get(source.url, accept)
    if not document.body.strip():
        raise SourceError("is empty", location=source.location, hint="look whether it works in a browser")
    return document


def _from_file(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise SourceError("is a folder, not a file", location=str(path), hint='use type = "folder"') from None
    except FileNotFoundError:
        raise SourceError("no such file", location=str(path), hint="mend the source's `path`") from None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", location=str(path)) from None
    if len(body) > MAX_BYTES:
        raise too_large(str(path))
    return Document(body)
