"""Reads a TOML file that people write into typed values; an error names the line of the key that is not valid."""

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
        """`error` is the class of error to raise for a file that is not valid."""
        self.file = file
        self.error = error
        self._text = text
        self._lines = text.splitlines()

    def parse(self) -> dict[str, Any]:
        """Return the tables of the file. Raises the error if it is not valid TOML."""
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise self.error(f"not valid TOML: {error}", location=str(self.file), hint="fix that line") from None

    def convert(
        self, tables: Mapping[str, Any], struct: type[T], dec_hook: Callable[[Any, Any], Any] | None = None
    ) -> T:
        """Return the tables as a struct. Raises the error for an unknown key, or a value of the wrong type."""
        self._refuse_unknown_keys(tables, struct, ())
        try:
            return msgspec.convert(tables, struct, dec_hook=dec_hook)
        except msgspec.ValidationError as error:
            self._fail_validation(error, struct)

    def fail(self, key: Key, message: str, hint: str = "") -> NoReturn:
        """Raise the error for a key, given as its path: `("sources", 0, "url")`."""
        line = self.find_line(key)
        location = f"{self.file}:{line}" if line else str(self.file)
        raise self.error(f"{format_key(key)}: {message}", location=location, hint=hint)

    def find_line(self, key: Key) -> int:
        """Return the line that a key is on, else that of the table it would be in, else 0."""
        table: Key = ()
        counts: dict[Key, int] = {}
        best = depth = 0
        for number, line in enumerate(self._lines, 1):
            if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
                here = table = self._enter_table(_split_key(header[2]), header[1] == "[[", counts)
            elif assignment := re.match(r"\s*([^#=]+?)\s*=", line):
                here = (*table, *_split_key(assignment[1]))
            else:
                continue
            if here == key[: len(here)] and len(here) > depth:
                best, depth = number, len(here)
        return best

    def _enter_table(self, names: Sequence[str], is_array: bool, counts: dict[Key, int]) -> Key:  # noqa: FBT001 - [[ or [
        """Return the path of a table by its header, with its index in each array of tables on the way (TOML 1.0)."""
        path: Key = ()
        for name in names:
            path = (*path, name)
            if is_array and len(path) - sum(isinstance(part, int) for part in path) == len(names):
                counts[path] = counts.get(path, -1) + 1
            if path in counts:
                path = (*path, counts[path])
        if is_array:  # arrays inside the new table count from zero again
            for inner in [inner for inner in counts if len(inner) > len(path) and inner[: len(path)] == path]:
                del counts[inner]
        return path

    def _refuse_unknown_keys(self, table: Mapping[str, Any], struct: Any, path: Key) -> None:
        """Fail for a key that no field reads, and suggest the nearest one."""
        fields = {item.encode_name: item.type for item in msgspec.structs.fields(struct)}
        for key, value in table.items():
            if key not in fields:
                self.fail((*path, key), "unknown key", suggest(key, fields, "known here"))
            inner = fields[key]
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct) and isinstance(value, dict):
                self._refuse_unknown_keys(value, inner, (*path, key))
            item_type = (*get_args(inner), None)[0]
            if isinstance(item_type, type) and issubclass(item_type, msgspec.Struct):
                for at, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(item, dict):
                        self._refuse_unknown_keys(item, item_type, (*path, key) if at is None else (*path, key, at))

    def _fail_validation(self, error: msgspec.ValidationError, struct: type[msgspec.Struct]) -> NoReturn:
        """Fail with the line and msgspec's message, such as "Expected `int`, got `str` - at `$.daily.max_articles`"."""
        message, _, place = str(error).partition(" - at `$")
        key: Key = tuple(
            int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|\.?([\w-]+)", place.rstrip("`"))
        )
        if missing := re.search(r"missing required field `(\w+)`", message):
            self.fail((*key, missing[1]), "is missing", f'add `{missing[1]} = "..."`')
        kind = _type_at(struct, key)
        if "matching regex" in message:
            self.fail(key, *_explain_pattern(kind))
        if chosen := re.fullmatch(r"Invalid enum value '(.*)'", message, re.DOTALL):
            self.fail(key, f"unknown value `{chosen[1]}`", suggest(chosen[1], get_args(kind)))
        self.fail(key, message[0].lower() + message[1:])


def _type_at(struct: type[msgspec.Struct], key: Key) -> Any:
    """Return the type of a key's value, None if it is not known."""
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


def _explain_pattern(kind: Any) -> tuple[str, str]:
    """Return the message and hint for a text that does not match its type's pattern, from its title and examples."""
    described = (meta for meta in get_args(kind) if isinstance(meta, msgspec.Meta) and meta.title)
    meta = next(described, None)
    if meta is None:
        return "is not valid", ""
    examples = " or ".join(f"`{example}`" for example in meta.examples or ())
    return f"is not a valid {meta.title}", f"write it as {examples}"


def suggest(name: str, known: Mapping[str, Any] | Sequence[str], label: str = "known") -> str:
    """Return a hint for an unknown name: the known one that was probably meant, else all of them."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean `{near[0]}`?" if near else f"{label}: {', '.join(known)}"


def _split_key(dotted_key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted_key.split(".")]


def format_key(key: Key) -> str:
    """Return `("sources", 0, "url")` as `sources[1].url`: people count from one."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
