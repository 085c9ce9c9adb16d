"""digest.toml and the environment, checked, as one frozen Config; nothing else reads either."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from digest.config.checking import checked
from digest.config.reading import Reader, read_text
from digest.config.tables import Check, File, Monitor, Sections, WarmUp
from digest.config.values import Audience, Config, Delivery, Schedule, Secrets
from digest.errors import ConfigError

FILE_NAME = "digest.toml"

__all__ = [
    "FILE_NAME",
    "Audience",
    "Check",
    "Config",
    "Delivery",
    "Monitor",
    "Schedule",
    "Secrets",
    "Sections",
    "WarmUp",
    "load",
]


def load(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a digest.toml.

    Raises:
        ConfigError: the file is missing, is not TOML, has an unknown key, or a value that cannot be; it names the line.
    """
    file = file.absolute()
    text = read_text(file)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=str(file), next_step="mend that line") from None
    reader = Reader(file, text)
    reader.refuse_unknown_keys(tables, File, ())
    try:
        raw = msgspec.convert(tables, File, dec_hook=_path)
    except msgspec.ValidationError as error:
        reader.fail_validation(error)
    return checked(reader, raw, environ)


def _path(kind: Any, value: Any) -> Any:
    """A path, for msgspec, which knows none."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
