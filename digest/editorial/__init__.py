"""Decides which stories an edition takes and how they are arranged. Pure: no clock, no network, no database.

    window.py     the time that an edition covers
    identity.py   when two articles are the same story
    news.py       the date that decides whether an article is news
    selection.py  which articles are taken, and why the others are left out
    layout.py     sections, the lead, limits

May import `core` and `models`.
"""

from digest.editorial.identity import identify
from digest.editorial.layout import LayoutRules, group_by_section, lay_out
from digest.editorial.news import get_effective_date, make_first_seen
from digest.editorial.selection import LeftOut, Selection, select
from digest.editorial.window import compute_window

__all__ = [
    "LayoutRules",
    "LeftOut",
    "Selection",
    "compute_window",
    "get_effective_date",
    "group_by_section",
    "identify",
    "lay_out",
    "make_first_seen",
    "select",
]
