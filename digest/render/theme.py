"""Read the theme's colours and type, and check that its text can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from digest.core.colour import MIN_CONTRAST, contrast_ratio, parse_hex
from digest.errors import TemplateError
from digest.models import Problem
from digest.render.templates import Templates

_FILE = "theme.jinja"
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_TEXT_ON_BACKGROUND = (("ink", "paper"), ("soft", "paper"), ("dark_ink", "dark_paper"), ("dark_soft", "dark_paper"))
"""Colours of the theme in which text stands on a background."""


def read_theme(templates: Templates) -> dict[str, Any]:
    """Return what theme.jinja sets. Raises TemplateError for a colour that is missing or not written as `#rrggbb`."""
    theme = templates.read_variables(_FILE)
    for name in (name for pair in _TEXT_ON_BACKGROUND for name in pair):
        if not _COLOUR.fullmatch(str(theme.get(name))):
            hint = 'write it as in {% set ink = "#1c1a17" %}'
            raise TemplateError(f"{name} is not a valid colour", location=_FILE, hint=hint)
    return theme


def find_unreadable_text(theme: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each colour of text whose contrast is too low for WCAG 2.2 AA."""
    for text, background in _TEXT_ON_BACKGROUND:
        ratio = contrast_ratio(parse_hex(theme[text]), parse_hex(theme[background]))
        if ratio < MIN_CONTRAST:
            message = f"{text} on {background} has a contrast of {ratio:.1f}, and text needs {MIN_CONTRAST}"
            yield Problem(_FILE, message, "use a darker or a lighter colour")
