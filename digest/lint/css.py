"""Split CSS, however broken, into what it declares, what it selects and its at-rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Css:
    """The parts of a style attribute or a style block, in order.

    Declarations are `(property, value)`, at-rules `(name, what follows it)`; properties and names are in lower case.
    """

    declarations: list[tuple[str, str]] = field(default_factory=list)
    selectors: list[str] = field(default_factory=list)
    at_rules: list[tuple[str, str]] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        """Return the last value of a property, without `!important`; empty if it has none."""
        values = [value for known, value in self.declarations if known == name]
        return re.sub(r"!\s*important$", "", values[-1]).strip() if values else ""


def parse_css(text: str) -> Css:
    """Return the parts of a style attribute or a style block."""
    css = Css()
    pieces = re.split(r"([{};])", _remove_comments(text))
    for piece, end in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        part = piece.strip()
        if part.startswith("@"):
            name, _, rest = " ".join(part[1:].split()).partition(" ")
            css.at_rules.append((name.lower(), rest))
        elif end == "{":
            css.selectors.append(part)
        elif ":" in part:
            name, _, value = part.partition(":")
            css.declarations.append((name.strip().lower(), value.strip()))
    return css


def _remove_comments(text: str) -> str:
    """Return the text without `/* ... */`; an unclosed comment goes to the end (CSS Syntax 3, 4.3.2)."""
    before, *others = text.split("/*")
    return before + "".join(other.partition("*/")[2] for other in others)
