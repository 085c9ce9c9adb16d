"""A folder of Markdown articles."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.models import Article, Author, FetchResult, Image, Source
from digest.sources import read_sources

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
DEMO = Path(__file__).resolve().parents[2] / "articles"


def read(folder: Path) -> FetchResult:
    source = Source("folder", "desk", path=folder, category="City")
    return read_sources([source], now=NOW, timezone="America/New_York", base_url="https://www.example.com")[0]


def article(tmp_path: Path, text: str, name: str = "ferry.md") -> Article:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = read(tmp_path)
    assert found.problems == ()
    return found.articles[0]


def test_every_field_of_front_matter_is_read(tmp_path: Path) -> None:
    (tmp_path / "boat.png").write_bytes(b"\x89PNG")
    found = article(
        tmp_path,
        '---\nheadline: "The ferry: back"\ncategories: [World, SciTech]\nauthors:\n  - name: Zoë Brandão\n    role: Reporter\n'
        "  - Kenji Ota, Editor\nimage: boat.png\nimage_alt: A boat\npublished: 3 hours ago\npinned: true\n---\n\n# Not this\n\nIt *is* [back](x).\n\nMore.\n",
    )
    assert found == Article(
        url="https://www.example.com/ferry",
        headline="The ferry: back",
        source="desk",
        guid="ferry.md",
        summary="It is back.",
        published=NOW - timedelta(hours=3),
        categories=("World", "SciTech"),
        authors=(Author("Zoë Brandão", "Reporter"), Author("Kenji Ota", "Editor")),
        image=Image(file=tmp_path / "boat.png", alt="A boat"),
        pinned=True,
    )


def test_a_heading_serves_as_headline_and_the_source_s_category(tmp_path: Path) -> None:
    found = article(tmp_path, "# The ferry is back\n\nText.\n")
    assert (found.headline, found.categories, found.published) == ("The ferry is back", ("City",), None)


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("2026-11-23 01:30", datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
        ("2026-11-23T01:30:00Z", datetime(2026, 11, 23, 1, 30, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, 5, tzinfo=UTC)),
        ("yesterday", NOW - timedelta(days=1)),
    ],
)
def test_times_without_an_offset_are_in_the_publication_s_time_zone(
    tmp_path: Path, published: str, moment: datetime
) -> None:
    assert article(tmp_path, f"---\nheadline: H\npublished: {published}\n---\n").published == moment


def test_an_invalid_file_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\nheadline: H\ncategories: [\n---\nText\n")
    (tmp_path / "b.md").write_bytes(b"# Z\xfcrich\n")
    (tmp_path / "c.md").write_text("Only text.\n")
    (tmp_path / "d.md").write_text("---\nheadline: Kept\npublished: soon\nimage: none.png\nheadlin: x\nurl: x\n---\n")
    (tmp_path / "e.md").write_text("---\nheadline: Kept too\nimage: ../../../etc/passwd\n---\n")
    (tmp_path / "notes.txt").write_text("ignored")
    found = read(tmp_path)
    assert [item.headline for item in found.articles] == ["Kept", "Kept too"]
    reported = [str(problem).removeprefix(f"{tmp_path}/") for problem in found.problems]
    assert reported[0].startswith("a.md:")
    assert "front matter" in reported[0]
    assert reported[1:3] == [
        "b.md: is not UTF-8; save it as UTF-8",
        "c.md: has no headline; add `headline:` to its front matter",
    ]
    assert reported[3] == "d.md:5: unknown key `headlin`; did you mean `headline`?"
    assert reported[4].startswith("d.md: `url: x` is not a valid URL")
    assert "the image none.png does not exist" in reported[5]
    assert "`published: soon` is not a valid date" in reported[6]
    assert "outside the folder" in reported[7]


@pytest.mark.parametrize("published", ["2026-02-31", "2026-02-03 25:00:00"])
def test_an_impossible_date_loses_only_its_file(tmp_path: Path, published: str) -> None:
    (tmp_path / "a.md").write_text(f"---\nheadline: H\npublished: {published}\n---\n")
    (tmp_path / "b.md").write_text("# Good\n")
    found = read(tmp_path)
    assert [item.headline for item in found.articles] == ["Good"]
    assert str(found.problems[0]).startswith(f"{tmp_path}/a.md: front matter: ")
    assert found.problems[0].hint == "fix its date or time"


@pytest.mark.parametrize("published", ["5000 years ago", "0001-01-01 00:00 +14:00"])
def test_a_date_before_the_calendar_begins_is_ignored(tmp_path: Path, published: str) -> None:
    (tmp_path / "a.md").write_text(f"---\nheadline: H\npublished: {published}\n---\n")
    found = read(tmp_path)
    assert found.articles[0].published is None
    assert "is not a valid date" in str(found.problems[0])


def test_an_image_that_links_to_itself_is_reported(tmp_path: Path) -> None:
    (tmp_path / "l.png").symlink_to("l.png")
    (tmp_path / "a.md").write_text("---\nheadline: H\nimage: l.png\n---\n")
    found = read(tmp_path)
    assert found.articles[0].image is None
    assert "a.md:3: the link l.png cannot be followed" in str(found.problems[0])


def test_a_file_name_makes_a_valid_address(tmp_path: Path) -> None:
    assert article(tmp_path, "# H\n", "my störy.md").url == "https://www.example.com/my%20st%C3%B6ry"


def test_a_list_is_not_a_headline(tmp_path: Path) -> None:
    assert article(tmp_path, "---\nheadline: [a, b]\n---\n# A heading\n").headline == "A heading"


def test_a_missing_or_empty_folder_is_reported(tmp_path: Path) -> None:
    missing = read(tmp_path / "none").failed
    assert missing
    assert "fix the source's `path`" in str(missing)
    assert "has no .md files" in str(read(tmp_path).problems[0])


def test_the_demo_newsroom_has_a_dozen_fresh_articles() -> None:
    found = read(DEMO)
    assert found.problems == ()
    assert len(found.articles) == 12
    assert all(item.published and NOW - item.published < timedelta(hours=24) for item in found.articles)
    assert sum(item.image is not None for item in found.articles) >= 8
