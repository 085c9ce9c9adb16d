"""Where the files that digest ships with are: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """The path of `templates`, `articles` or `digest.toml`, from a wheel or a checkout (an editable install is one).

    Raises FileNotFoundError when the installation lacks it.
    """
    for folder in (_PACKAGE, _PACKAGE / "sample", _PACKAGE.parent):
        path = folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} did not come with this installation of digest ({_PACKAGE}): install it again")
