"""List the features that the shipped templates use although some mail programs lack them, and why that does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_INLINE = "everything essential is in style attributes; style blocks only add to it"
_SCREEN_READER = "screen readers use it where it is kept; elsewhere they read tables as well as they can"
_WRAPPING = "keeps a headline without spaces inside narrow screens; Outlook's windows are wide"
_DARK = "a dark palette of our own where it is supported; elsewhere the light colours survive inversion"

BASELINE: Mapping[str, str] = MappingProxyType(
    {
        "css-at-media": "larger type on wide screens; without it the sizes for phones stay",
        "css-at-media-prefers-color-scheme": _DARK,
        "css-color-scheme": _DARK,
        "css-display-none": "hides the preheader; where it fails, the line is shown above the masthead",
        "css-height": "height: auto beside the width; without it the height attribute applies",
        "css-max-height": "one of three ways to hide the preheader; Outlook hides it by mso-hide",
        "css-outline": "MJML's own reset for Outlook.com's dark blue frame",
        "css-overflow": "one of three ways to hide the preheader; Outlook hides it by mso-hide",
        "css-pseudo-class-hover": "underlines a headline under the mouse; links work without it",
        "css-selector-attribute": "Outlook.com's data-ogsc and data-ogsb, for its own dark mode",
        "css-selector-child": _DARK,
        "css-selector-class": _INLINE,
        "css-selector-descendant": _INLINE,
        "css-selector-grouping": _INLINE,
        "css-selector-id": "MJML's own rule for Outlook's links; it has no effect elsewhere",
        "css-selector-type": _INLINE,
        "css-table-layout": "MJML's own; a table of one column has the same width without it",
        "css-word-break": _WRAPPING,
        "css-word-spacing": "MJML's own reset to normal, which is Outlook's default",
        "html-aria-hidden": _SCREEN_READER,
        "html-aria-label": _SCREEN_READER,
        "html-body": "a div inside it has the same background",
        "html-meta-color-scheme": _DARK,
        "html-role": _SCREEN_READER,
        "html-style": _INLINE,
    }
)
"""Each feature by caniemail's name for it, with the reason."""
