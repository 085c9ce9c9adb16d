"""An edition into a Message: Jinja2 to MJML to HTML with inlined CSS, and the plain text beside it."""

from digest.render.context import EXCERPTS, Layout
from digest.render.email import BUDGET, Rendered, render, standalone, subject
from digest.render.pictures import LARGEST_PICTURE
from digest.render.slots import SLOTS, slot_token
from digest.render.wording import opening

__all__ = [
    "BUDGET",
    "EXCERPTS",
    "LARGEST_PICTURE",
    "SLOTS",
    "Layout",
    "Rendered",
    "opening",
    "render",
    "slot_token",
    "standalone",
    "subject",
]
