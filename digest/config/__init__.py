"""digest.toml and the environment, checked, as one frozen Config; nothing else reads either."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digest.config.checking import checked
from digest.config.tables import Check, File, Monitor, Sections, WarmUp
from digest.config.values import Audience, Config, Delivery, Schedule, Secrets
from digest.core.toml_file import TomlFile
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
    toml = TomlFile(file, _text(file), ConfigError)
    return checked(toml, toml.as_struct(toml.tables(), File, _path), environ)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {file.name} in {file.parent}",
            hint="run `digest init` to make a newsroom here, or name another with `digest -c FILE`",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8", location=str(file), hint="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", location=str(file)) from None


def _path(kind: Any, value: Any) -> Any:
    """A path, for msgspec, which knows none."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
