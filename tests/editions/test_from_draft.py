"""Editions composed from a draft: what editors wrote is what readers get, and later stories go into the next edition."""

import re
from datetime import UTC, date, datetime

import pytest

from digest.editions.approve import approve
from digest.editions.draft import make_draft
from digest.errors import DraftError, TemplateError
from digest.inspection.articles import place_articles
from digest.inspection.preview import preview
from digest.models import Outcome
from digest.sending.send import send
from tests.editions.drafting import LATER, NEXT_DAY, NOW, REQUIRED, edit, make, publish, show, show_edition
from tests.newsroom_folder import NewsroomFolder


def test_what_editors_wrote_is_previewed_and_sent_byte_for_byte(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(
        newsroom,
        ('headline = "The ferry is back"', 'headline = "She is back"   # shorter, says the night desk'),
        ("After eleven years ashore it crossed the harbour again.", "Word for word. " * 30),
        ('lead = "https://www.example.com/ferry"', 'lead = "https://www.example.com/comet"'),
        ('subject = ""', 'subject = "A comet & a ferry"'),
        (
            'note = """\n',
            'note = """\nGood **morning**.\n<script>alert(1)</script> [Herons](https://www.example.com/h?a=1&b=2)\n',
        ),
    )
    seen = {reader: show(newsroom, reader) for reader in ("ada@example.com", "kenji@example.org")}
    assert newsroom.send(LATER).exit_status == 0
    mails = {match[1].decode(): mail for mail in newsroom.mails() if (match := re.search(rb"\r\nTo: .*<(.+)>", mail))}
    assert {reader: preview.mail for reader, preview in seen.items()} == mails
    ada = seen["ada@example.com"]
    assert ada.subject == "A comet & a ferry"
    assert ada.text.index("A comet over the harbour") < ada.text.index("She is back")
    assert "Good <strong>morning</strong>." in re.sub(r' style="[^"]*"', "", ada.html)
    assert 'href="https://www.example.com/h?a=1&amp;b=2"' in ada.html
    assert "<script" not in ada.html
    assert ("Word for word. " * 30).strip() in ada.html
    assert "Good morning." in ada.text
    assert "She is back" not in seen["kenji@example.org"].text


def test_stories_that_arrive_after_the_draft_are_reported_and_go_into_the_next_edition(
    newsroom: NewsroomFolder,
) -> None:
    make(newsroom)
    publish(newsroom, "The mayor swims home", "mayor")
    (problem,) = show(newsroom).problems
    assert "1 story has arrived since this draft was made: The mayor swims home" in problem.message
    placed = {
        item.article.headline: item for item in place_articles(newsroom.run(LATER)[0].config, "daily", LATER).articles
    }
    assert placed["The mayor swims home"].reason == "not in the draft: it arrived later"
    assert placed["The ferry is back"].lead
    again = make(newsroom, LATER)
    assert [story.headline for story in again.new_stories] == ["The mayor swims home"]
    newsroom.send(LATER)
    assert all(b"mayor" not in mail for mail in newsroom.mails())
    assert newsroom.send(NEXT_DAY).stories == 1
    assert b"The mayor swims home" in newsroom.mails()[-1]


def test_a_hidden_story_is_never_sent(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ('headline = "A comet over the harbour"', 'headline = "A comet over the harbour"\nhide = true'))
    assert newsroom.send(LATER).stories == 1
    assert all(b"comet" not in mail for mail in newsroom.mails())
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_story_moved_to_another_section_still_reaches_readers_of_its_category(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ('[[sections]]\nname = "Science"\n\n', ""), ('name = "City"', 'name = "By the water"'))
    assert [section.name for section in show_edition(newsroom).sections] == ["By the water"]
    kenji = show_edition(newsroom, "kenji@example.org")
    assert [article.headline for article in kenji.articles] == ["A comet over the harbour"]


def test_a_draft_is_sent_without_reading_sources_and_a_failed_one_keeps_its_window(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[[sources]]\ntype = "feed"\nname = "second"\npath = "second.xml"\n')
    assert len(make(newsroom).problems) == 1
    (newsroom.path / "feed.xml").rename(newsroom.path / "feed.away")
    assert any("sources could be read" in str(problem) for problem in show(newsroom).problems)
    assert newsroom.send(LATER).stories == 2
    newsroom.write("second.xml", (newsroom.path / "feed.away").read_text().replace("ferry", "tram"))
    (newsroom.path / "feed.away").rename(newsroom.path / "feed.xml")
    assert newsroom.send(NEXT_DAY).stories == 1
    assert b"The tram is back" in newsroom.mails()[-1]


def test_tomorrow_s_edition_is_drafted_today_and_sent_at_each_reader_s_local_time(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\napproval = "required"\nat = "07:00"\nlocal_time = true\n')
    newsroom.subscribe(
        "kiri@example.net,Kiri,,,Pacific/Auckland",
        "ada@example.com,Ada,,,Europe/London",
    )
    config = newsroom.run()[0].config
    tomorrow = date(2026, 11, 24)
    made = make_draft(config, "daily", NOW, tomorrow)
    assert made.file.name == "2026-11-24-daily.toml"
    assert "24 November 2026" in made.file.read_text(encoding="utf-8")
    made.file.write_text(made.file.read_text(encoding="utf-8").replace("The ferry is back", "She is back"))
    assert preview(config, "daily", NOW, "", tomorrow).subject == "She is back"
    approve(config, "daily", NOW, "Zoë", tomorrow)
    in_auckland = datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert newsroom.send(in_auckland).outcomes[Outcome.ACCEPTED] == 1
    assert newsroom.send(datetime(2026, 11, 24, 7, tzinfo=UTC)).outcomes[Outcome.ACCEPTED] == 1
    assert len(newsroom.mails()) == 2
    assert all(b"She is back" in mail for mail in newsroom.mails())


def test_a_frozen_edition_ignores_later_changes_of_its_draft(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    make(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    newsroom.send(LATER, limit=1)
    edit(newsroom, ("The ferry is back", "She is back"), ("A comet over", "Two comets over"))
    newsroom.send(LATER)
    assert len(newsroom.mails()) == 2
    assert all(b"She is back" not in mail and b"Two comets" not in mail for mail in newsroom.mails())


def test_a_story_sent_today_is_left_out_of_tomorrow_s_draft(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada")
    make(newsroom, day=date(2026, 11, 24))
    newsroom.send()
    publish(newsroom, "The mayor swims", "mayor")
    make(newsroom, LATER, day=date(2026, 11, 24), add=True)
    tomorrow, problems = newsroom.run(NEXT_DAY)
    assert [report.stories for report in send(tomorrow)] == [1]
    assert "The ferry is back: left out: already sent in 2026-11-23-daily" in [
        str(problem).partition(";")[0] for problem in problems
    ]
    assert len(newsroom.mails()) == 2


# --- invalid drafts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('headline = "The ferry is back"', 'headlin = "The ferry is back"', 16, "did you mean `headline`"),
        ('headline = "A comet over the harbour"', 'headline = ""', 28, "sections[2].stories[1].headline: is empty"),
        ('headline = "A comet over the harbour"', "headline = 3", 28, "expected `str`, got `int`"),
        ('lead = "https://www.example.com/ferry"', 'lead = "elsewhere"', 8, "is not a story of this draft"),
        ('url = "https://www.example.com/comet"', 'url = "https://www.example.com/ferry"', 28, "is already in City"),
        ('url = "https://www.example.com/comet"', 'url = "javascript:alert(1)"', 30, "is not a valid URL"),
        ('url = "https://www.example.com/comet"', r'url = "https://www.example.com/\u0000"', 30, "is not a valid URL"),
        ("published = 2026-11-23T05:00:00Z", "published = 2026-11-23T05:00:00", 19, "has no UTC offset"),
        ('name = "Science"', "name = Science", None, "not valid TOML"),
        ("end = 2026", "ends = 2026", None, "unknown key"),
        ('note = """\n', 'note = """\n' + "word " * 2000, 9, "has 10,000 characters; the limit is 5,000"),
    ],
)
def test_an_error_in_a_draft_is_reported_with_its_line(
    newsroom: NewsroomFolder, old: str, new: str, line: int | None, words: str
) -> None:
    make(newsroom)
    edit(newsroom, (old, new))
    with pytest.raises(DraftError) as caught:
        newsroom.send(LATER)
    assert words in str(caught.value)
    assert "2026-11-23-daily.toml" in caught.value.location
    if line:
        assert caught.value.location.endswith(f":{line}")
    assert newsroom.mails() == []


def test_control_characters_in_pasted_text_do_no_harm(newsroom: NewsroomFolder) -> None:
    """A line break of a layout program is U+000B or U+2028, and MJML takes no control character."""
    make(newsroom)
    edit(
        newsroom,
        ('subject = ""', r'subject = "A comet\u000b and a ferry\u0003"'),
        ('headline = "The ferry is back"', r'headline = "The ferry\u000bis back\u0000"'),
        ("After eleven years", r"After\u2028eleven\u001b years"),
    )
    assert newsroom.send(LATER).exit_status == 0
    ada = show(newsroom, "ada@example.com")
    assert ada.subject == "A comet and a ferry"
    assert "The ferry is back" in ada.text
    assert "After eleven years" in ada.text


def test_an_error_in_a_subject_is_reported_with_the_file(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ('subject = ""', 'subject = "{{ headline }}"'))
    with pytest.raises(TemplateError, match=r"subject in .*2026-11-23-daily\.toml: 'headline' is undefined"):
        newsroom.send(LATER)


def test_hiding_the_lead_or_every_story_is_reported(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ('headline = "The ferry is back"', 'headline = "The ferry is back"\nhide = true'))
    with pytest.raises(DraftError, match="is hidden"):
        newsroom.send(LATER)
    edit(
        newsroom,
        ('lead = "https://www.example.com/ferry"', 'lead = ""'),
        ('headline = "A comet over the harbour"', 'headline = "A comet over the harbour"\nhide = true'),
    )
    assert "every story of the draft is hidden" in str(newsroom.send(LATER))
