"""The text of digest.toml, so that what is wrong with a key is told with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

import msgspec

from digest.errors import ConfigError, DigestError

Key = tuple[str | int, ...]


class Reader:
    """Knows the text of the file, so that an error can name the line of a key."""

    def __init__(self, file: Path, text: str, error: type[DigestError] = ConfigError) -> None:
        """`error` is what is raised for a file that is wrong."""
        self.file = file
        self.lines = text.splitlines()
        self.error = error

    def fail(self, key: Key, what: str, next_step: str = "") -> NoReturn:
        """Raise the error for a key, given as its path: `("sources", 0, "url")`."""
        line = self.line_of(key)
        where = f"{self.file}:{line}" if line else str(self.file)
        raise self.error(f"{dotted(key)}: {what}", where=where, next_step=next_step)

    def line_of(self, key: Key) -> int:
        """The line a key stands on, else that of the table it would be in, else 0."""
        table: Key = ()
        counts: dict[Key, int] = {}
        best = depth = 0
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
                here = table = self._table(_names(header[2]), header[1] == "[[", counts)
            elif assignment := re.match(r"\s*([^#=]+?)\s*=", line):
                here = (*table, *_names(assignment[1]))
            else:
                continue
            if here == key[: len(here)] and len(here) > depth:
                best, depth = number, len(here)
        return best

    def _table(self, names: Sequence[str], another: bool, counts: dict[Key, int]) -> Key:  # noqa: FBT001 - what a header says
        """The path of a table by its header, with the place in each array of tables on the way (TOML 1.0)."""
        path: Key = ()
        for name in names:
            path = (*path, name)
            if another and len(path) - sum(isinstance(part, int) for part in path) == len(names):
                counts[path] = counts.get(path, -1) + 1
            if path in counts:
                path = (*path, counts[path])
        if another:  # what is inside the new table is counted from the start
            for inner in [inner for inner in counts if len(inner) > len(path) and inner[: len(path)] == path]:
                del counts[inner]
        return path

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
            of = (*get_args(inner), None)[0]
            if isinstance(of, type) and issubclass(of, msgspec.Struct):
                for at, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(item, dict):
                        self.refuse_unknown_keys(item, of, (*path, key) if at is None else (*path, key, at))

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


def _names(dotted_key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted_key.split(".")]


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
