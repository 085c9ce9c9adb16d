"""A draft's text cut into its blocks: one can be moved or changed, and every other byte stays as people left it.

A library that writes TOML keeps comments too, but those above a table belong to the table before it there, and move
with that one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from digest.errors import DraftError

_LINES = re.compile(r"[^\n]*\n|[^\n]+$")  # str.splitlines knows more ends of lines than TOML does
_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")

SECTION = ("sections",)
STORY = ("sections", "stories")


@dataclass(frozen=True)
class Block:
    """A table with its header, those inside it, and what stands above it: empty lines and comments.

    `path` is that of the header, empty for the keys before the first one.
    """

    path: tuple[str, ...]
    above: str
    text: str

    def __str__(self) -> str:
        """As it stands in the file."""
        return self.above + self.text

    def with_values(self, values: Mapping[str, object]) -> Block:
        """The block with other values for some of its keys; None takes a key out."""
        import tomlkit

        document: Any = tomlkit.parse(self.text)
        table = document
        for name in self.path:
            table = table[name][0] if isinstance(table[name], list) else table[name]
        for key, value in values.items():
            if value is None:
                table.pop(key, None)
            else:
                table[key] = tomlkit.string(value, multiline="\n" in value) if isinstance(value, str) else value
        return replace(self, text=tomlkit.dumps(document))


@dataclass(frozen=True)
class Part:
    """A section of the file: its own block, and those of its stories in order."""

    head: Block
    stories: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Blocks:
    """A whole file: what comes before its sections, the sections, and what comes after them."""

    before: tuple[Block, ...]
    parts: tuple[Part, ...]
    after: tuple[Block, ...]

    def __str__(self) -> str:
        """The file's text."""
        sections = [block for part in self.parts for block in (part.head, *part.stories)]
        return "".join(map(str, (*self.before, *sections, *self.after)))


def cut(text: str, where: str) -> Blocks:
    """A draft's text in blocks; they join to the same text, unless something stands between two sections.

    Raises:
        DraftError: its sections or stories are written inline, where they cannot be moved.
    """
    before: list[Block] = []
    parts: list[Part] = []
    after: list[Block] = []
    for block in _blocks(text):
        if block.path == SECTION:
            parts.append(Part(block))
        elif block.path == STORY and parts:
            parts[-1] = replace(parts[-1], stories=(*parts[-1].stories, block))
        else:
            (after if parts else before).append(block)
    if any("sections" in _tables(block.text) for block in before):
        raise _inline("sections", "[[sections]]", where)
    if any("stories" in _tables(part.head.text)["sections"][0] for part in parts):
        raise _inline("stories", "[[sections.stories]]", where)
    return Blocks(tuple(before), tuple(parts), tuple(after))


def _inline(what: str, header: str, where: str) -> DraftError:
    told = f"the {what} are written in one list, and cannot be added to or moved so"
    return DraftError(told, location=where, hint=f"write each under its own {header}, or change the file yourself")


def _tables(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


def _blocks(text: str) -> list[Block]:
    """The blocks in order; a table inside a story or a section belongs to its block."""
    found: list[Block] = []
    above = ""
    for chunk in _chunks(text):
        own, below = _parted(chunk)
        header = next((_HEADER.match(line) for line in own if line.strip() and not _is_quiet(line)), None)
        path = tuple(name.strip(" \t\"'") for name in header[1].split(".")) if header else ()
        inside = len(path) > (len(STORY) if path[0] == "sections" else 1) if path else False
        if inside and found and found[-1].path[:1] == path[:1]:
            found[-1] = replace(found[-1], text=found[-1].text + above + "".join(own))
        else:
            found.append(Block(path, above, "".join(own)))
        above = "".join(below)
    if found:
        found[-1] = replace(found[-1], text=found[-1].text + above)
    return [_ended(block) for block in found]


def _ended(block: Block) -> Block:
    """A block that another can follow: a file's last line may have no end."""
    return block if block.text.endswith("\n") or not block.text else replace(block, text=block.text + "\n")


def _chunks(text: str) -> list[list[str]]:
    """The lines from each header to the next; what looks like a header inside a text of many lines is none."""
    chunks: list[list[str]] = [[]]
    for line in _LINES.findall(text):
        if _HEADER.match(line) and _is_whole(chunks[-1]):
            chunks.append([])
        chunks[-1].append(line)
    return chunks


def _is_whole(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _parted(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """A chunk's own lines, and those at its end that belong to the next one.

    Comments right below a key and then an empty line are about that key; any others are about what follows.
    """
    last = max((number for number, line in enumerate(lines) if not _is_quiet(line)), default=-1) + 1
    quiet = lines[last:]
    empty = next((number for number, line in enumerate(quiet) if not line.strip()), None)
    at = last + (empty or 0)
    return list(lines[:at]), list(lines[at:])


def _is_quiet(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
