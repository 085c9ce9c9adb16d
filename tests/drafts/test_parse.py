"""Parsing a draft: what cannot be read is refused with what to do about it."""

from pathlib import Path

import pytest

from digest import drafts
from digest.errors import DraftError


def test_a_draft_without_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "2026-11-23-daily.toml"
    file.write_text('subject = "Hello"\n', encoding="utf-8")
    with pytest.raises(DraftError, match=r"made: is missing: .*--fresh"):
        drafts.read_draft(file, tmp_path)


def test_a_draft_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "2026-11-23-daily.toml"
    file.write_bytes(b"subject = '\xff'")
    with pytest.raises(DraftError, match="not UTF-8"):
        drafts.read_draft(file, tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(DraftError, match="cannot be read"):
        drafts.read_draft(file, tmp_path)
    assert drafts.read_draft(tmp_path / "none.toml", tmp_path) is None
