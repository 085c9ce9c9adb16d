"""The file of a draft: no editor overwrites another's work."""

from pathlib import Path

import pytest
from filelock import FileLock

from digest.drafts import compute_revision, file
from digest.errors import DraftChangedError, DraftError


def test_every_backup_is_kept(tmp_path: Path) -> None:
    draft = tmp_path / "2026-11-23-daily.toml"
    for text in ("one", "two", "three"):
        draft.write_text(text)
        file.back_up_draft(draft)
    names = ["2026-11-23-daily.toml.old", "2026-11-23-daily.toml.old.2", "2026-11-23-daily.toml.old.3"]
    assert [(tmp_path / name).read_text() for name in names] == ["one", "two", "three"]


def test_a_draft_that_no_longer_exists_is_an_error(tmp_path: Path) -> None:
    missing = tmp_path / "2026-11-23-daily.toml"
    assert file.read_text(missing) is None
    with pytest.raises(DraftError, match="no longer exists"):
        file.read_existing_text(missing)


def test_only_the_revision_that_was_read_may_be_replaced() -> None:
    draft = Path("2026-11-23-daily.toml")
    file.require_revision(draft, "one", compute_revision("one"))
    with pytest.raises(DraftChangedError, match="somebody else changed this draft"):
        file.require_revision(draft, "two", compute_revision("one"))


def test_a_lock_that_stays_held_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_LOCK_SECONDS", 0.05)
    draft = tmp_path / "editions" / "2026-11-23-daily.toml"
    with file.lock_drafts(draft):
        pass
    with (
        FileLock(draft.parent / ".lock"),
        pytest.raises(DraftError, match="somebody else is saving it"),
        file.lock_drafts(draft),
    ):
        pass
