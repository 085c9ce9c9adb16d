"""Unsaved edits are kept by id, the latest few of them, each for its own edition."""

from digest.drafts import Edits
from digest.web.desk.unsaved_edits import UnsavedEdits


def edits_with(subject: str) -> Edits:
    return Edits(subject=subject, preheader="", note="", lead="", sections=())


def test_only_the_latest_edits_are_kept() -> None:
    unsaved = UnsavedEdits()
    ids = [unsaved.add("2026-11-23-daily", edits_with(str(number))) for number in range(9)]
    kept = [unsaved.get(each, "2026-11-23-daily") for each in ids]
    assert kept == [None, *(edits_with(str(number)) for number in range(1, 9))]


def test_edits_of_another_edition_are_not_returned() -> None:
    unsaved = UnsavedEdits()
    edits_id = unsaved.add("2026-11-23-daily", edits_with("Good morning"))
    assert unsaved.get(edits_id, "2026-11-24-daily") is None
