"""What the shipped templates use though some mail programs lack it, and why that does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_INLINE = "whatever must hold stands in style attributes; style blocks only add to it"
_SCREEN_READER = "screen readers get it where it is kept; elsewhere tables are read as well as they can be"
_WRAPPING = "keeps a headline without spaces inside narrow screens; Outlook's windows are wide"
_DARK = "a real dark palette where it is honoured; elsewhere the light colours survive inversion"

BASELINE: Mapping[str, str] = MappingProxyType(
    {
        "css-at-media": "larger type on wide screens; without it the sizes for telephones stay",
        "css-at-media-prefers-color-scheme": _DARK,
        "css-color-scheme": _DARK,
        "css-display-none": "hides the preheader; where it fails the line is read above the masthead",
        "css-height": "height: auto beside the width; without it the height attribute holds",
        "css-max-height": "one of three ways to hide the preheader, which Outlook hides by mso-hide",
        "css-outline": "MJML's own reset for Outlook.com's dark blue frame",
        "css-overflow": "one of three ways to hide the preheader, which Outlook hides by mso-hide",
        "css-pseudo-class-hover": "underlines a headline under the mouse; links work without it",
        "css-selector-attribute": "Outlook.com's data-ogsc and data-ogsb, for its own dark mode",
        "css-selector-child": _DARK,
        "css-selector-class": _INLINE,
        "css-selector-descendant": _INLINE,
        "css-selector-grouping": _INLINE,
        "css-selector-id": "MJML's own rule for Outlook's links; has no effect elsewhere",
        "css-selector-type": _INLINE,
        "css-table-layout": "MJML's own; a table of one column has the same width without it",
        "css-word-break": _WRAPPING,
        "css-word-spacing": "MJML's own reset to normal, which is what Outlook has",
        "html-aria-hidden": _SCREEN_READER,
        "html-aria-label": _SCREEN_READER,
        "html-body": "its background stands on a div too",
        "html-meta-color-scheme": _DARK,
        "html-role": _SCREEN_READER,
        "html-style": _INLINE,
    }
)
"""caniemail's name of each feature, and the reason."""
