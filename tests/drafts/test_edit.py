"""Edits of a draft: what an editor did not change stays byte for byte, and a moved block keeps its comments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import drafts
from digest.core.text import clean_line
from digest.drafts import DraftContents, EditedSection, EditedStory, Edits, SourceWindow, to_edits
from digest.editorial import identify
from digest.errors import DraftError
from digest.models import Article, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
FOLDER = Path("/srv/paper")
FILE = FOLDER / "editions" / "2026-11-23-daily.toml"
WINDOW = Window(NOW - timedelta(days=1), NOW)

BY_HAND = '''\
# The Monday edition.
subject = "Ferries"   # short!
note = """
[[sections]]
# not a comment, and no section either
"""

# Harbour first.
[[sections]]
name = "City"

# JANE: call the lawyer before this one goes out
[[sections.stories]]
headline = "One"   # the captain's
excerpt = "First"
url = "https://www.example.com/1"
# keep the picture

[sections.stories.image]
url = "https://www.example.com/1.jpg"

[[sections.stories]]
headline = "Two"
url = "https://www.example.com/2"

[[sections]]
name = "World"

[[sections.stories]]
headline = "Three"
url = "https://www.example.com/3"

# How it came about, for digest itself.
[made]
at = 2026-11-23T07:00:00Z
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z

[[made.sources]]
name = "feed"
start = 2026-11-22T07:00:00Z
end = 2026-11-23T07:00:00Z'''


def present(text: str) -> Edits:
    return to_edits(drafts.parse_draft(text, FILE, FOLDER))


def changed(text: str, edits: Edits) -> str:
    return drafts.apply_edits(text, edits, FILE, FOLDER)


@pytest.mark.parametrize("text", [BY_HAND, BY_HAND.replace("\n", "\r\n")])
def test_edits_that_change_nothing_leave_every_byte(text: str) -> None:
    assert changed(text, present(text)) == text


def test_a_moved_story_keeps_the_comments_above_it() -> None:
    edits = present(BY_HAND)
    city, world = edits.sections
    one, two = city.stories
    moved = replace(
        edits,
        sections=(
            replace(world, name="Elsewhere", stories=(*world.stories, replace(one, headline="One, retitled"))),
            replace(city, stories=(replace(two, hide=True),)),
        ),
    )
    text = changed(BY_HAND, moved)
    assert (
        '# JANE: call the lawyer before this one goes out\n[[sections.stories]]\nheadline = "One, retitled"   # the captain\'s\n'
        in text
    )
    assert '# keep the picture\n\n[sections.stories.image]\nurl = "https://www.example.com/1.jpg"\n' in text
    assert '# Harbour first.\n[[sections]]\nname = "City"\n\n[[sections.stories]]\nheadline = "Two"\n' in text
    assert text.index('"Elsewhere"') < text.index("One, retitled") < text.index('"City"') < text.index("# How it came")
    assert "[[sections]]\n# not a comment, and no section either\n" in text
    # Moving everything back restores the original bytes.
    back = replace(moved, sections=edits.sections)
    for section in back.sections:
        was = "Elsewhere" if section.name == "World" else section.was
        back = replace(
            back, sections=tuple(replace(each, was=was) if each is section else each for each in back.sections)
        )
    assert changed(text, back) == BY_HAND + "\n"


def test_stories_unknown_to_the_edits_stay_in_their_section() -> None:
    edits = present(BY_HAND)
    city, world = edits.sections
    text = changed(BY_HAND, replace(edits, sections=(world, replace(city, stories=city.stories[1:]))))
    read = drafts.parse_draft(text, FILE, FOLDER)
    assert [(story.section, story.headline) for story in read.stories] == [
        ("World", "Three"),
        ("City", "Two"),
        ("City", "One"),
    ]


def test_a_new_section_goes_where_the_editor_put_it() -> None:
    edits = present(BY_HAND)
    city, world = edits.sections
    new = replace(city, name="Sea", stories=city.stories[:1], was="")
    text = changed(BY_HAND, replace(edits, sections=(new, replace(city, stories=city.stories[1:]), world)))
    assert drafts.parse_draft(text, FILE, FOLDER).sections == ("Sea", "City", "World")


INLINE = (
    BY_HAND[: BY_HAND.index("# Harbour")]
    + ('[[sections]]\nname = "City"\nstories = [{ headline = "One", url = "https://www.example.com/1" }]\n\n')
    + BY_HAND[BY_HAND.index("[made]") :]
)


def test_stories_in_an_inline_list_are_reported_and_left_alone() -> None:
    edits = present(INLINE)
    assert changed(INLINE, edits) == INLINE
    with pytest.raises(DraftError, match="written as one inline list"):
        changed(INLINE, replace(edits, subject="Another"))
    contents = DraftContents("", "", Article("https://www.example.com/9", "Nine", "feed"), [], WINDOW, [], [])
    with pytest.raises(DraftError, match="written as one inline list"):
        drafts.add_stories(INLINE, contents, [("City", contents.lead)], NOW, FILE)


def test_stories_are_added_even_if_made_comes_before_the_sections() -> None:
    made = BY_HAND.index("# How it came")
    first = BY_HAND.index("# Harbour")
    text = BY_HAND[:first] + BY_HAND[made:] + "\n\n" + BY_HAND[first:made].rstrip()
    story = Article("https://www.example.com/9", "Nine", "feed")
    contents = DraftContents("", "", story, [], WINDOW, [SourceWindow("feed", WINDOW, "")], [])
    added = drafts.add_stories(
        text, contents, [("City", story), ("Sport", replace(story, url="https://x.example/8"))], NOW, FILE
    )
    read = drafts.parse_draft(added, FILE, FOLDER)
    assert [(story.section, story.headline) for story in read.stories] == [
        ("City", "One"),
        ("City", "Two"),
        ("City", "Nine"),
        ("World", "Three"),
        ("Sport", "Nine"),
    ]
    assert added.count("# How it came about") == 1


def test_a_lead_named_by_its_headline_stays_the_lead_when_retitled(tmp_path: Path) -> None:
    ferry, comet = Article("", "The ferry", "feed"), Article("", "A comet", "feed")
    contents = DraftContents("", "", ferry, [("City", [comet, ferry])], WINDOW, [SourceWindow("feed", WINDOW, "")], [])
    text = drafts.render_draft(contents, "The edition", "daily", NOW, tmp_path)
    edited = tuple(
        EditedStory(identify(story), f"{story.headline}, retitled", "", hide=False) for story in (comet, ferry)
    )
    edits = Edits("", "", "", identify(ferry), (EditedSection("City", edited, "City"),))
    file = tmp_path / "2026-11-23-daily.toml"
    changed = drafts.parse_draft(drafts.apply_edits(text, edits, file, tmp_path), file, tmp_path)
    assert [story.headline for story in changed.stories if story.pinned] == ["The ferry, retitled"]


LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(clean_line)


@given(data=st.data())
def test_the_file_then_has_exactly_what_the_editor_wanted(data: st.DataObject) -> None:
    edits = present(BY_HAND)
    stories = data.draw(st.permutations([story for section in edits.sections for story in section.stories]))
    stories = [
        replace(story, headline=data.draw(LINE.filter(bool)), excerpt=data.draw(LINE), hide=data.draw(st.booleans()))
        for story in stories
    ]
    at = data.draw(st.integers(0, len(stories)))
    names = data.draw(st.lists(LINE.filter(bool), min_size=2, max_size=2, unique=True))
    order = data.draw(st.permutations(range(2)))
    parts = [
        replace(edits.sections[number], name=name, stories=tuple(some))
        for number, name, some in zip(order, names, (stories[:at], stories[at:]), strict=True)
    ]
    shown = [story.identity for story in stories if not story.hide]
    wanted = replace(
        edits,
        subject=data.draw(LINE),
        note=data.draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)).strip(),
        lead=data.draw(st.sampled_from(["", *shown])),
        sections=tuple(parts),
    )
    text = changed(BY_HAND, wanted)
    again = present(text)
    assert replace(again, sections=()) == replace(wanted, sections=())
    assert [(part.name, part.stories) for part in again.sections] == [(part.name, part.stories) for part in parts]
    assert changed(text, again) == text
    for comment in ("# The Monday edition.", "# short!", "# JANE", "# the captain's", "# keep the picture", "# How it"):
        assert text.count(comment) == 1
