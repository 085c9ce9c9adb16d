"""Parsing a draft, those of earlier versions too; what cannot be read is refused with a hint."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest import drafts
from digest.drafts import SourceWindow
from digest.editorial import LeftOut
from digest.errors import DraftError
from digest.models import Article, Author, Image, Window

EARLIER = '''\
# The daily edition of 23 November 2026, as it will be sent.
#
# Yours to change: the order of sections and stories, headlines, excerpts, the subject, the note. `hide = true` in a
# story leaves it out. A story moves with its whole block. See what comes of it with `digest preview --daily`.

subject = ""   # empty: the headline of the lead
preheader = ""   # the line after the subject in an inbox; empty: the next headlines
lead = "https://www.example.com/ferry"   # the url of the story at the top
note = """
"""   # a few words of yours above the lead, in Markdown

[[sections]]
name = "City"

[[sections.stories]]
headline = "The ferry is back"
excerpt = "It crossed again."
url = "https://www.example.com/ferry"
published = 2026-11-23T05:00:00Z
categories = ["City"]
authors = [{ name = "Zoë Brandão", role = "Reporter" }]
image = { url = "https://www.example.com/f.jpg", alt = "A boat", width = 800 }
source = "feed"
guid = "7"
language = "en"
also_in = ["wire"]

# How it came about, for digest itself.
[made]
at = 2026-11-23T07:00:00Z
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z

[[made.sources]]
name = "feed"
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z
failed = "is empty"

[[made.copies]]
same_as = "example.com/ferry"
headline = "The ferry is back"
url = "https://wire.example/1"
source = "wire"

[approval]
by = "Zoë"
at = 2026-11-23T07:30:00Z
sha256 = "7c500534cf71f27e291c0f51ff623e8c38c891527e5311b6e44931e87a891ed0"
newsroom = "b0a7"
'''
"""As version 0.1 wrote a draft, and approved it."""


def test_a_draft_from_an_earlier_version_is_read_and_stays_approved() -> None:
    draft = drafts.parse_draft(EARLIER, Path("/srv/paper/editions/2026-11-23-daily.toml"), Path("/srv/paper"))
    end = datetime(2026, 11, 23, 7, tzinfo=UTC)
    window = Window(end - timedelta(days=1), end)
    assert draft.articles == (
        Article(
            url="https://www.example.com/ferry",
            headline="The ferry is back",
            source="feed",
            guid="7",
            summary="It crossed again.",
            published=datetime(2026, 11, 23, 5, tzinfo=UTC),
            categories=("City",),
            authors=(Author("Zoë Brandão", "Reporter"),),
            image=Image("https://www.example.com/f.jpg", None, "A boat", 800),
            language="en",
            pinned=True,
            also_in=("wire",),
            section="City",
        ),
    )
    assert (draft.window, draft.source_windows) == (window, (SourceWindow("feed", window, "is empty"),))
    copy = Article("https://wire.example/1", "The ferry is back", "wire")
    assert draft.copies == (LeftOut(copy, "", "example.com/ferry"),)
    assert draft.is_approved


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
