"""Describes errors to editors, who see the page but no terminal."""

from __future__ import annotations

import re

from digest.errors import DigestError


def describe(error: Exception) -> str:
    """Return the error's message and hint, with the file's name but not its path, and no command to type."""
    if not isinstance(error, DigestError):
        return str(error)
    name = re.sub(r"^.*[/\\]", "", error.location)
    hint = "" if "`digest " in error.hint else error.hint
    return ": ".join(filter(None, [name, error.message])) + (f"; {hint}" if hint else "")
