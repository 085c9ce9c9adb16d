"""Which stories an edition takes, and how they are laid out. Pure: no clock, no network, no database."""

from digest.editorial.identity import identify
from digest.editorial.layout import Rules, lay_out, sections_of
from digest.editorial.news import first_sight, news_time
from digest.editorial.selection import LeftOut, Selection, select
from digest.editorial.window import window

__all__ = [
    "LeftOut",
    "Rules",
    "Selection",
    "first_sight",
    "identify",
    "lay_out",
    "news_time",
    "sections_of",
    "select",
    "window",
]
