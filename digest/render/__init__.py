"""Render an edition into a Message: Jinja2 to MJML to HTML with inlined CSS, and the plain text beside it.

It may import core, models and errors only. It does not know how a Message is checked (lint) or sent (delivery).
"""

from digest.render.context import SUMMARY_WIDTHS, Layout
from digest.render.email import RenderedEmail, render, render_subject, to_standalone_html
from digest.render.pictures import MAX_PICTURE_BYTES
from digest.render.text_layout import truncate_to_width

__all__ = [
    "MAX_PICTURE_BYTES",
    "SUMMARY_WIDTHS",
    "Layout",
    "RenderedEmail",
    "render",
    "render_subject",
    "to_standalone_html",
    "truncate_to_width",
]
