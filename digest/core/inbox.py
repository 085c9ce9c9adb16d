"""How much of a mail inboxes show before it is opened."""

from __future__ import annotations

SUBJECT_LENGTH = 70
"""Characters of a subject that inboxes on computers show; phones show half."""

PREHEADER_LENGTH = 110
"""Characters after the subject that inboxes show at most (dotdigital, email accessibility)."""

MIN_PREHEADER_LENGTH = 40
"""Inboxes fill up a shorter preheader with whatever text comes next."""
