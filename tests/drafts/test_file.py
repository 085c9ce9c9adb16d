"""The file of a draft: whatever a feed says is in it as it was said, and what cannot be read is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import drafts
from digest.core.text import clean_line
from digest.drafts import Contents, Edited, EditedSection, Edits, Reading
from digest.editorial import identify
from digest.errors import DraftError
from digest.models import Article, Author, Image, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)

WILD = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LINE = WILD.map(clean_line)  # what sources make of the text that people read
STORIES = st.builds(
    Article,
    url=st.integers(0, 10**9).map("https://www.example.com/{}".format),
    headline=LINE.filter(bool),
    source=WILD,
    guid=WILD,
    summary=LINE,
    published=st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)),
    categories=st.lists(WILD, max_size=3).map(tuple),
    authors=st.lists(st.builds(Author, LINE.filter(bool), LINE), max_size=2).map(tuple),
    image=st.none() | st.builds(Image, url=WILD, alt=WILD, width=st.integers(0, 9000)),
    language=WILD,
    also_in=st.lists(WILD, max_size=2).map(tuple),
)


@given(stories=st.lists(STORIES, min_size=1, max_size=4, unique_by=identify), name=LINE.filter(bool), subject=LINE)
def test_whatever_a_feed_says_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, stories: list[Article], name: str, subject: str
) -> None:
    folder = tmp_path_factory.mktemp("draft")
    window = Window(NOW - timedelta(days=1), NOW)
    contents = Contents(subject, "", stories[0], [(name, stories)], window, [Reading("feed", window, "")], [])
    file = folder / "2026-11-23-daily.toml"
    file.write_text(drafts.written(contents, "The edition", "daily", NOW, folder), encoding="utf-8", newline="")
    read = drafts.read(file, folder)
    assert read is not None
    assert read.subject == subject
    assert read.window == window
    assert [article.headline for article in read.stories] == [story.headline for story in stories]
    assert [article.summary for article in read.stories] == [story.summary for story in stories]
    for article, story in zip(read.stories, stories, strict=True):
        assert identify(article) == identify(story)
        assert (article.published, article.categories) == (story.published, story.categories)
    assert read.stories[0].pinned
    again = drafts.with_stories(file.read_text(encoding="utf-8"), contents, [], NOW, folder)
    file.write_text(again, encoding="utf-8", newline="")
    after = drafts.read(file, folder)
    assert after
    assert after.stories == read.stories


def test_a_lead_that_only_its_headline_names_stays_the_lead_when_it_is_retitled(tmp_path: Path) -> None:
    window = Window(NOW - timedelta(days=1), NOW)
    ferry, comet = Article("", "The ferry", "feed"), Article("", "A comet", "feed")
    contents = Contents("", "", ferry, [("City", [comet, ferry])], window, [Reading("feed", window, "")], [])
    text = drafts.written(contents, "The edition", "daily", NOW, tmp_path)
    edited = tuple(Edited(identify(story), f"{story.headline}, retitled", "", hide=False) for story in (comet, ferry))
    edits = Edits("", "", "", identify(ferry), (EditedSection("City", edited, "City"),))
    file = tmp_path / "2026-11-23-daily.toml"
    changed = drafts.parsed(drafts.with_edits(text, edits, file, tmp_path), file, tmp_path)
    assert [story.headline for story in changed.stories if story.pinned] == ["The ferry, retitled"]


def test_a_draft_that_does_not_say_how_it_was_made_is_told_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "2026-11-23-daily.toml"
    file.write_text('subject = "Hello"\n', encoding="utf-8")
    with pytest.raises(DraftError, match=r"made: is missing: .*--fresh"):
        drafts.read(file, tmp_path)


def test_a_draft_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "2026-11-23-daily.toml"
    file.write_bytes(b"subject = '\xff'")
    with pytest.raises(DraftError, match="not UTF-8"):
        drafts.read(file, tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(DraftError, match="cannot be read"):
        drafts.read(file, tmp_path)
    assert drafts.read(tmp_path / "none.toml", tmp_path) is None
