"""Render an edition into a Message: Jinja2 to MJML to HTML with inlined CSS, and the plain text beside it.

    email.py      render one edition into one Message
    context.py    what the templates see
    wording.py    what the email says in its own words, such as the byline; languages.py and locale/ translate it
    templates.py  loads the templates; mjml.py turns MJML into HTML
    subject.py, note.py, pictures.py, links.py, theme.py, text_layout.py
                  one part of the email each
    sanitize.py   makes untrusted text and addresses safe
    size_budget.py
                  trims an edition to what Gmail shows

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
