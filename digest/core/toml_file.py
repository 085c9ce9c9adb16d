"""A TOML file that people write: read into typed values, or told what is wrong with it and on which line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from digest.errors import DigestError

Key = tuple[str | int, ...]

T = TypeVar("T", bound=msgspec.Struct)


class TomlFile:
    """A file's name and text, so that an error can name the line of a key."""

    def __init__(self, file: Path, text: str, error: type[DigestError]) -> None:
        """`error` is what is raised for a file that is wrong."""
        self.file = file
        self.error = error
        self._text = text
        self._lines = text.splitlines()

    def tables(self) -> dict[str, Any]:
        """The file as TOML has it. Raises the error where it is none."""
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise self.error(f"not valid TOML: {error}", location=str(self.file), hint="mend that line") from None

    def as_struct(
        self, tables: Mapping[str, Any], struct: type[T], dec_hook: Callable[[Any, Any], Any] | None = None
    ) -> T:
        """The tables as a struct. Raises the error for a key it has not, or a value that is not of its type."""
        self._refuse_unknown_keys(tables, struct, ())
        try:
            return msgspec.convert(tables, struct, dec_hook=dec_hook)
        except msgspec.ValidationError as error:
            self._fail_validation(error, struct)

    def fail(self, key: Key, what: str, hint: str = "") -> NoReturn:
        """Raise the error for a key, given as its path: `("sources", 0, "url")`."""
        line = self.line_of(key)
        where = f"{self.file}:{line}" if line else str(self.file)
        raise self.error(f"{dotted(key)}: {what}", location=where, hint=hint)

    def line_of(self, key: Key) -> int:
        """The line a key stands on, else that of the table it would be in, else 0."""
        table: Key = ()
        counts: dict[Key, int] = {}
        best = depth = 0
        for number, line in enumerate(self._lines, 1):
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

    def _refuse_unknown_keys(self, table: Mapping[str, Any], struct: Any, path: Key) -> None:
        """Raise for a key that no field reads, naming the nearest one that is read."""
        fields = {item.encode_name: item.type for item in msgspec.structs.fields(struct)}
        for key, value in table.items():
            if key not in fields:
                self.fail((*path, key), "unknown key", nearest(key, fields, "known here"))
            inner = fields[key]
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, dict):
                self._refuse_unknown_keys(value, inner, (*path, key))
            of = (*get_args(inner), None)[0]
            if isinstance(of, type) and issubclass(of, msgspec.Struct):
                for at, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(item, dict):
                        self._refuse_unknown_keys(item, of, (*path, key) if at is None else (*path, key, at))

    def _fail_validation(self, error: msgspec.ValidationError, struct: type[msgspec.Struct]) -> NoReturn:
        """Say msgspec's finding with the line: it reads "Expected `int`, got `str` - at `$.daily.max_articles`"."""
        what, _, place = str(error).partition(" - at `$")
        key: Key = tuple(
            int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|\.?([\w-]+)", place.rstrip("`"))
        )
        if missing := re.search(r"missing required field `(\w+)`", what):
            self.fail((*key, missing[1]), "is missing", f'add `{missing[1]} = "..."`')
        kind = _type_at(struct, key)
        if "matching regex" in what:
            self.fail(key, *_not_matching(kind))
        if chosen := re.fullmatch(r"Invalid enum value '(.*)'", what, re.DOTALL):
            self.fail(key, f"unknown value `{chosen[1]}`", nearest(chosen[1], get_args(kind)))
        self.fail(key, what[0].lower() + what[1:])


def _type_at(struct: type[msgspec.Struct], key: Key) -> Any:
    """What a key is to hold, None where that cannot be told."""
    kind: Any = struct
    for part in key:
        if isinstance(part, int):
            kind = (*get_args(kind), None)[0]
            continue
        structs = [of for of in (kind, *get_args(kind)) if isinstance(of, type) and issubclass(of, msgspec.Struct)]
        names = {item.encode_name: item.name for item in msgspec.structs.fields(structs[0])} if structs else {}
        if part not in names:
            return None
        kind = get_type_hints(structs[0], include_extras=True)[names[part]]
    literals = [of for of in get_args(kind) if get_origin(of) is Literal]
    return literals[0] if literals else kind


def _not_matching(kind: Any) -> tuple[str, str]:
    """What is wrong with a text that does not match its type's pattern, and what to do: its title and example."""
    described = (meta for meta in get_args(kind) if isinstance(meta, msgspec.Meta) and meta.title)
    meta = next(described, None)
    if meta is None:
        return "cannot be written so", ""
    return f"is no {meta.title}", "write it as " + " or ".join(f"`{example}`" for example in meta.examples or ())


def nearest(name: str, known: Mapping[str, Any] | Sequence[str], these: str = "known") -> str:
    """A next step for a name that is not known: the one that was meant, or else what there is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"{these}: {', '.join(known)}"


def _names(dotted_key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted_key.split(".")]


def dotted(key: Key) -> str:
    """`("sources", 0, "url")` as `sources[1].url`: people count from one."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
