"""Reads digest.toml and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digest.config.tables import ConfigFile
from digest.config.validate import build_config
from digest.config.values import Config
from digest.core.toml_file import TomlFile
from digest.errors import ConfigError

FILE_NAME = "digest.toml"


def load(file: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check a digest.toml.

    Raises:
        ConfigError: the file is missing, is not valid TOML, or has an unknown key or a value that is not valid; the
            location names the line.
    """
    file = file.absolute()
    toml = TomlFile(file, _read_text(file), ConfigError)
    return build_config(toml, toml.convert(toml.parse(), ConfigFile, _convert_path), environ)


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {file.name} in {file.parent}",
            hint="run `digest init` to make a newsroom here, or name another file with `digest -c FILE`",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8", location=str(file), hint="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", location=str(file)) from None


def _convert_path(kind: Any, value: Any) -> Any:
    """Convert a string to a Path for msgspec, which does not support Path."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
