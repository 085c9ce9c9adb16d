"""CSS taken to pieces, however broken: what a style attribute or a style block declares, selects and asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Css:
    """The pieces in their order: `(property, value)`, selectors, and `(name, what follows)` of at-rules.

    Properties and at-rules' names are in lower case.
    """

    declarations: list[tuple[str, str]] = field(default_factory=list)
    selectors: list[str] = field(default_factory=list)
    at_rules: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """The last value that a property is given, without `!important`; empty if none."""
        values = [value for known, value in self.declarations if known == name]
        return re.sub(r"!\s*important$", "", values[-1]).strip() if values else ""


def parse(text: str) -> Css:
    """Take CSS to pieces."""
    css = Css()
    pieces = re.split(r"([{};])", _without_comments(text))
    for piece, end in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        said = piece.strip()
        if said.startswith("@"):
            name, _, rest = " ".join(said[1:].split()).partition(" ")
            css.at_rules.append((name.lower(), rest))
        elif end == "{":
            css.selectors.append(said)
        elif ":" in said:
            name, _, value = said.partition(":")
            css.declarations.append((name.strip().lower(), value.strip()))
    return css


def _without_comments(text: str) -> str:
    """The text without `/* ... */`; one that is not closed goes to the end (CSS Syntax 3, 4.3.2)."""
    before, *others = text.split("/*")
    return before + "".join(other.partition("*/")[2] for other in others)
