"""The text of a new draft: what the sources said is in it, and parses back to the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import drafts
from digest.core.text import clean_line
from digest.drafts import DraftContents, SourceWindow
from digest.editorial import LeftOut, identify
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
def test_a_rendered_draft_parses_back_to_the_same_stories(
    tmp_path_factory: pytest.TempPathFactory, stories: list[Article], name: str, subject: str
) -> None:
    folder = tmp_path_factory.mktemp("draft")
    window = Window(NOW - timedelta(days=1), NOW)
    contents = DraftContents(subject, "", stories[0], [(name, stories)], window, [SourceWindow("feed", window, "")], [])
    file = folder / "2026-11-23-daily.toml"
    file.write_text(drafts.render_draft(contents, "The edition", "daily", NOW, folder), encoding="utf-8", newline="")
    read = drafts.read_draft(file, folder)
    assert read is not None
    assert read.subject == subject
    assert read.window == window
    assert [article.headline for article in read.stories] == [story.headline for story in stories]
    assert [article.summary for article in read.stories] == [story.summary for story in stories]
    for article, story in zip(read.stories, stories, strict=True):
        assert identify(article) == identify(story)
        assert (article.published, article.categories) == (story.published, story.categories)
    assert read.stories[0].pinned
    again = drafts.add_stories(file.read_text(encoding="utf-8"), contents, [], NOW, folder)
    file.write_text(again, encoding="utf-8", newline="")
    after = drafts.read_draft(file, folder)
    assert after
    assert after.stories == read.stories


def test_a_new_draft_explains_itself_to_editors(tmp_path: Path) -> None:
    window = Window(NOW - timedelta(days=1), NOW)
    ferry = Article(
        "https://www.example.com/ferry",
        "The ferry is back",
        "feed",
        guid="7",
        published=NOW,
        categories=("City",),
        authors=(Author("Zoë Brandão", "Reporter"),),
        image=Image(file=tmp_path / "images" / "ferry.jpg", alt="A boat"),
    )
    copy = LeftOut(Article("https://wire.example/1", "The ferry is back", "wire"), "", identify(ferry))
    contents = DraftContents(
        "News", "", ferry, [("City", [ferry])], window, [SourceWindow("feed", window, "no such file")], [copy]
    )
    text = drafts.render_draft(contents, "The daily edition of 23 November 2026", "daily", NOW, tmp_path)
    assert (
        text
        == """\
# The daily edition of 23 November 2026, as it will be sent.
#
# You can change the order of sections and stories, headlines, excerpts, the subject and the note. To leave a story
# out, add `hide = true` to it. To move a story, move its whole block. See the result with `digest preview --daily`.

subject = "News"   # empty: the headline of the lead story
preheader = ""   # the line after the subject in an inbox; empty: the next headlines
lead = "https://www.example.com/ferry"   # the url of the story at the top
note = \"\"\"
\"\"\"   # a few words of your own above the lead story, in Markdown

[[sections]]
name = "City"

[[sections.stories]]
headline = "The ferry is back"
excerpt = ""
url = "https://www.example.com/ferry"
published = 2026-11-23T07:00:00Z
categories = ["City"]
authors = [{ name = "Zoë Brandão", role = "Reporter" }]
image = { file = "images/ferry.jpg", alt = "A boat" }
source = "feed"
guid = "7"

# How this draft was made. digest needs this part: leave it as it is.
[made]
at = 2026-11-23T07:00:00Z
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z

[[made.sources]]
name = "feed"
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z
failed = "no such file"

[[made.copies]]
same_as = "example.com/ferry"
headline = "The ferry is back"
url = "https://wire.example/1"
source = "wire"
"""
    )
