"""A draft's text in blocks: what is not changed stays to the byte, and what is moved takes its comments along."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import drafts
from digest.core.text import clean_line
from digest.drafts import Contents, Edits, Reading, edits_of
from digest.drafts.blocks import cut
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
    return edits_of(drafts.parsed(text, FILE, FOLDER))


def changed(text: str, edits: Edits) -> str:
    return drafts.with_edits(text, edits, FILE, FOLDER)


def test_blocks_join_to_the_text_they_were_cut_from() -> None:
    blocks = cut(BY_HAND, str(FILE))
    assert str(blocks) == BY_HAND + "\n"
    assert [len(part.stories) for part in blocks.parts] == [2, 1]
    assert "made.sources" in blocks.after[0].text


@pytest.mark.parametrize("text", [BY_HAND, BY_HAND.replace("\n", "\r\n")])
def test_edits_that_change_nothing_change_no_byte(text: str) -> None:
    assert changed(text, present(text)) == text


def test_a_story_takes_the_comments_above_it_along() -> None:
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
    # And back again: not a byte more than there was.
    back = replace(moved, sections=edits.sections)
    for section in back.sections:
        was = "Elsewhere" if section.name == "World" else section.was
        back = replace(
            back, sections=tuple(replace(each, was=was) if each is section else each for each in back.sections)
        )
    assert changed(text, back) == BY_HAND + "\n"


def test_what_edits_do_not_know_of_stays_where_it_is() -> None:
    edits = present(BY_HAND)
    city, world = edits.sections
    text = changed(BY_HAND, replace(edits, sections=(world, replace(city, stories=city.stories[1:]))))
    read = drafts.parsed(text, FILE, FOLDER)
    assert [(story.section, story.headline) for story in read.stories] == [
        ("World", "Three"),
        ("City", "Two"),
        ("City", "One"),
    ]


def test_a_new_section_comes_where_it_is_wanted() -> None:
    edits = present(BY_HAND)
    city, world = edits.sections
    new = replace(city, name="Sea", stories=city.stories[:1], was="")
    text = changed(BY_HAND, replace(edits, sections=(new, replace(city, stories=city.stories[1:]), world)))
    assert drafts.parsed(text, FILE, FOLDER).sections == ("Sea", "City", "World")


INLINE = (
    BY_HAND[: BY_HAND.index("# Harbour")]
    + ('[[sections]]\nname = "City"\nstories = [{ headline = "One", url = "https://www.example.com/1" }]\n\n')
    + BY_HAND[BY_HAND.index("[made]") :]
)


def test_stories_written_in_one_list_are_told_and_left_alone() -> None:
    edits = present(INLINE)
    assert changed(INLINE, edits) == INLINE
    with pytest.raises(DraftError, match="written in one list"):
        changed(INLINE, replace(edits, subject="Another"))
    contents = Contents("", "", Article("https://www.example.com/9", "Nine", "feed"), [], WINDOW, [], [])
    with pytest.raises(DraftError, match="written in one list"):
        drafts.with_stories(INLINE, contents, [("City", contents.lead)], NOW, FILE)


def test_a_story_is_added_wherever_how_it_was_made_stands() -> None:
    made = BY_HAND.index("# How it came")
    first = BY_HAND.index("# Harbour")
    text = BY_HAND[:first] + BY_HAND[made:] + "\n\n" + BY_HAND[first:made].rstrip()
    story = Article("https://www.example.com/9", "Nine", "feed")
    contents = Contents("", "", story, [], WINDOW, [Reading("feed", WINDOW, "")], [])
    added = drafts.with_stories(
        text, contents, [("City", story), ("Sport", replace(story, url="https://x.example/8"))], NOW, FILE
    )
    read = drafts.parsed(added, FILE, FOLDER)
    assert [(told.section, told.headline) for told in read.stories] == [
        ("City", "One"),
        ("City", "Two"),
        ("City", "Nine"),
        ("World", "Three"),
        ("Sport", "Nine"),
    ]
    assert added.count("# How it came about") == 1


LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(clean_line)


@given(data=st.data())
def test_whatever_an_editor_wants_is_what_the_file_then_says(data: st.DataObject) -> None:
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
