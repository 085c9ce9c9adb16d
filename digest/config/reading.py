"""The text of digest.toml, so that what is wrong with a key is told with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from digest.config.tables import SourceTable
from digest.errors import ConfigError

Key = tuple[str | int, ...]


class Reader:
    """Knows the text of the file, so that an error can name the line of a key."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()

    def fail(self, key: Key, what: str, next_step: str = "") -> NoReturn:
        """Raise the ConfigError for a key, given as its path: `("sources", 0, "url")`."""
        line = self.line_of(key)
        where = f"{self.file}:{line}" if line else str(self.file)
        raise ConfigError(f"{dotted(key)}: {what}", where=where, next_step=next_step)

    def line_of(self, key: Key) -> int:
        """The line a key stands on, else that of the table it would be in, else 0."""
        table: list[str] = []
        index, best, depth = -1, 0, 0
        wanted_index = next((part for part in key if isinstance(part, int)), -1)
        names = [part for part in key if isinstance(part, str)]
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
                table = [part.strip().strip("\"'") for part in header[2].split(".")]
                index += header[1] == "[["
                here = table
            elif assignment := re.match(r"\s*([^#=]+?)\s*=", line):
                here = [*table, *(part.strip().strip("\"'") for part in assignment[1].split("."))]
            else:
                continue
            if table[:1] == ["sources"] and wanted_index not in (-1, index):
                continue
            if here == names[: len(here)] and len(here) > depth:
                best, depth = number, len(here)
        return best

    def refuse_unknown_keys(self, table: Mapping[str, Any], struct: Any, path: Key) -> None:
        """Raise for a key that no field reads, naming the nearest one that is read."""
        fields = {item.encode_name: item.type for item in msgspec.structs.fields(struct)}
        for key, value in table.items():
            if key not in fields:
                near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
                known = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(fields)}"
                self.fail((*path, key), "unknown key", known)
            inner = fields[key]
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, dict):
                self.refuse_unknown_keys(value, inner, (*path, key))
            elif key == "sources" and isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, dict):
                        self.refuse_unknown_keys(item, SourceTable, (*path, key, index))

    def fail_validation(self, error: msgspec.ValidationError) -> NoReturn:
        """Say msgspec's finding with the line: it reads "Expected `int`, got `str` - at `$.daily.max_articles`"."""
        what, _, place = str(error).partition(" - at `$")
        key: Key = tuple(
            int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|\.?([\w-]+)", place.rstrip("`"))
        )
        if missing := re.search(r"missing required field `(\w+)`", what):
            self.fail((*key, missing[1]), "is missing", f'add `{missing[1]} = "..."`')
        if "matching regex" in what:
            self.fail(key, "is no web address", "write it whole, with https://")
        self.fail(key, what[0].lower() + what[1:])


def dotted(key: Key) -> str:
    """`("sources", 0, "url")` as `sources[1].url`: people count from one."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")


def read_text(file: Path) -> str:
    """The text of digest.toml. Raises ConfigError when there is none, or it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {file.name} in {file.parent}",
            next_step="run `digest init` to make a newsroom here, or name another with `digest -c FILE`",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8", where=str(file), next_step="save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(file)) from None
