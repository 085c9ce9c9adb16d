"""Finds the files that digest ships with: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def find_shipped(name: str) -> Path:
    """Return the path of `templates`, `articles` or `digest.toml`, in a wheel or a checkout (also an editable install).

    Raises FileNotFoundError if the installation lacks it.
    """
    for folder in (_PACKAGE, _PACKAGE / "sample", _PACKAGE.parent):
        path = folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing from this installation of digest ({_PACKAGE}): install it again")
