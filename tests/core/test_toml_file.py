"""TOML files that people write, and the line of each fault."""

from pathlib import Path

import msgspec
import pytest

from digest.core.toml_file import Key, TomlFile, format_key, suggest
from digest.errors import DraftError

TEXT = """\
title = "The ferry is back"

[[sections]]
name = "City"
[[sections.stories]]
url = "https://www.example.com/a"
[[sections.stories]]
url = "https://www.example.com/b"

[[sections]]
"name" = "World"
[[sections.stories]]
url = "https://www.example.com/c"
"""


class Story(msgspec.Struct, forbid_unknown_fields=True):
    url: str


class Section(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    stories: list[Story]


class Page(msgspec.Struct, forbid_unknown_fields=True):
    title: str
    sections: list[Section]


def open_toml(text: str) -> TomlFile:
    return TomlFile(Path("page.toml"), text, DraftError)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 1),
        (("sections", 0, "name"), 4),
        (("sections", 0, "stories", 0, "url"), 6),
        (("sections", 0, "stories", 1, "url"), 8),
        (("sections", 1, "name"), 11),
        (("sections", 1, "stories", 0, "url"), 13),
        (("sections", 1, "stories", 0, "headline"), 12),
        (("nowhere",), 0),
    ],
)
def test_the_line_of_a_key_or_of_its_table(key: Key, line: int) -> None:
    assert open_toml(TEXT).find_line(key) == line


def test_a_valid_file_is_converted() -> None:
    toml = open_toml(TEXT)
    page = toml.convert(toml.parse(), Page)
    assert [[story.url[-1] for story in section.stories] for section in page.sections] == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title =", "titel =", "page.toml:1: titel: unknown key; did you mean `title`?"),
        ('"https://www.example.com/c"', "3", "page.toml:13: sections[2].stories[1].url: expected `str`, got `int`"),
        ('"name" = "World"', "", 'page.toml:10: sections[2].name: is missing; add `name = "..."`'),
    ],
)
def test_a_fault_is_reported_with_its_line(old: str, new: str, message: str) -> None:
    toml = open_toml(TEXT.replace(old, new))
    with pytest.raises(DraftError) as caught:
        toml.convert(toml.parse(), Page)
    assert str(caught.value) == message


def test_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(DraftError, match=r"page\.toml: not valid TOML: .*line 1"):
        open_toml("title = ferry").parse()


def test_keys_are_shown_as_people_count() -> None:
    assert format_key(("sections", 0, "stories", 1, "url")) == "sections[1].stories[2].url"


def test_suggestions() -> None:
    assert suggest("tilte", ["title", "name"]) == "did you mean `title`?"
    assert suggest("xyz", ["title", "name"]) == "known: title, name"
