"""An edition into a Message: Jinja2 to MJML to HTML with inlined CSS, and the plain text beside it."""

from digest.core.merge_fields import MERGE_FIELDS, merge_field_token
from digest.render.context import EXCERPTS, Layout
from digest.render.email import BUDGET, Rendered, render, standalone, subject
from digest.render.pictures import LARGEST_PICTURE
from digest.render.wording import opening

__all__ = [
    "BUDGET",
    "EXCERPTS",
    "LARGEST_PICTURE",
    "MERGE_FIELDS",
    "Layout",
    "Rendered",
    "merge_field_token",
    "opening",
    "render",
    "standalone",
    "subject",
]
