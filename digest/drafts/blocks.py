"""Splits a draft's text into blocks, so that one can be moved or changed while every other byte stays.

A library that writes TOML keeps comments too, but attaches those above a table to the table before it, so they would
move with that one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from digest.errors import DraftError

_LINES = re.compile(r"[^\n]*\n|[^\n]+$")  # str.splitlines breaks at more characters than TOML does
_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")

SECTION = ("sections",)
STORY = ("sections", "stories")


@dataclass(frozen=True)
class Block:
    """A table with its header and the tables inside it; `above` are the empty lines and comments above the header.

    `path` is the header's, empty for the keys before the first header.
    """

    path: tuple[str, ...]
    above: str
    text: str

    def __str__(self) -> str:
        """The block as it stands in the file."""
        return self.above + self.text

    def replace_values(self, values: Mapping[str, object]) -> Block:
        """Return the block with new values for some of its keys; None removes a key."""
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
class SectionBlocks:
    """A section of the file: its own block, and those of its stories in order."""

    head: Block
    stories: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Blocks:
    """A whole file: what is before its sections, the sections, and what is after them."""

    before: tuple[Block, ...]
    sections: tuple[SectionBlocks, ...]
    after: tuple[Block, ...]

    def __str__(self) -> str:
        """The file's text."""
        sections = [block for section in self.sections for block in (section.head, *section.stories)]
        return "".join(map(str, (*self.before, *sections, *self.after)))


def split_blocks(text: str, location: str) -> Blocks:
    """Split a draft's text into blocks. They join to the same text, unless another table is between two sections.

    Raises:
        DraftError: its sections or stories are written inline, where they cannot be moved.
    """
    before: list[Block] = []
    sections: list[SectionBlocks] = []
    after: list[Block] = []
    for block in _parse_blocks(text):
        if block.path == SECTION:
            sections.append(SectionBlocks(block))
        elif block.path == STORY and sections:
            sections[-1] = replace(sections[-1], stories=(*sections[-1].stories, block))
        else:
            (after if sections else before).append(block)
    if any("sections" in tomllib.loads(block.text) for block in before):
        raise _inline_error("sections", "[[sections]]", location)
    if any("stories" in tomllib.loads(section.head.text)["sections"][0] for section in sections):
        raise _inline_error("stories", "[[sections.stories]]", location)
    return Blocks(tuple(before), tuple(sections), tuple(after))


def _inline_error(items: str, header: str, location: str) -> DraftError:
    message = f"the {items} are written as one inline list, so none can be added or moved"
    return DraftError(message, location=location, hint=f"put each under its own {header}, or change the file yourself")


def _parse_blocks(text: str) -> list[Block]:
    """Return the blocks in order; a table inside a story or a section belongs to its block."""
    blocks: list[Block] = []
    above = ""
    for chunk in _split_at_headers(text):
        own, trailing = _split_trailing(chunk)
        header = next((_HEADER.match(line) for line in own if line.strip() and not _is_blank_or_comment(line)), None)
        path = tuple(name.strip(" \t\"'") for name in header[1].split(".")) if header else ()
        is_nested = len(path) > (len(STORY) if path[0] == "sections" else 1) if path else False
        if is_nested and blocks and blocks[-1].path[:1] == path[:1]:
            blocks[-1] = replace(blocks[-1], text=blocks[-1].text + above + "".join(own))
        else:
            blocks.append(Block(path, above, "".join(own)))
        above = "".join(trailing)
    if blocks:
        blocks[-1] = replace(blocks[-1], text=blocks[-1].text + above)
    return [_end_with_newline(block) for block in blocks]


def _end_with_newline(block: Block) -> Block:
    """Return a block that another can follow: the last line of a file may have no line ending."""
    return block if block.text.endswith("\n") or not block.text else replace(block, text=block.text + "\n")


def _split_at_headers(text: str) -> list[list[str]]:
    """Return the lines from each header to the next; what looks like a header inside a multi-line string is not one."""
    chunks: list[list[str]] = [[]]
    for line in _LINES.findall(text):
        if _HEADER.match(line) and _is_complete_toml(chunks[-1]):
            chunks.append([])
        chunks[-1].append(line)
    return chunks


def _is_complete_toml(lines: Sequence[str]) -> bool:
    try:
        tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _split_trailing(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split off the lines at the end of a chunk that belong to the next one.

    Comments right below a key, followed by an empty line, are about that key; any others are about what follows.
    """
    end = max((index for index, line in enumerate(lines) if not _is_blank_or_comment(line)), default=-1) + 1
    trailing = lines[end:]
    first_blank = next((index for index, line in enumerate(trailing) if not line.strip()), 0)
    return list(lines[: end + first_blank]), list(lines[end + first_blank :])


def _is_blank_or_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
