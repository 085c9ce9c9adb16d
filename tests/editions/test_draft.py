"""Drafts: what editors write is what readers get, what comes later is for the next edition, and nothing is lost."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from digest import config as configuration
from digest.drafts import Draft, EditedSection, EditedStory, Edits, to_edits
from digest.editions.approve import approve
from digest.editions.draft import make_draft, save_draft
from digest.editions.from_draft import load_draft
from digest.editions.naming import draft_path
from digest.editorial import identify
from digest.errors import DraftChangedError, DraftError, TemplateError
from digest.inspection.articles import place_articles
from digest.inspection.preview import preview
from digest.models import Outcome
from digest.sending.dry_run import dry_run
from digest.sending.send import send
from digest.sending.test_send import send_test
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATER = NOW + timedelta(minutes=40)
NEXT_DAY = NOW + timedelta(days=1)
DRAFT = "editions/2026-11-23-daily.toml"
ITEM = """<item><title>{0}</title><link>https://www.example.com/{1}</link><category>City</category>
<pubDate>Mon, 23 Nov 2026 07:10:00 GMT</pubDate></item></channel>"""
REQUIRED = '[daily]\napproval = "required"\n'


def drafted(newsroom: NewsroomFolder, now: datetime = NOW, **options: Any) -> Any:
    return make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", now, **options)


def edit(newsroom: NewsroomFolder, *changes: tuple[str, str]) -> None:
    file = newsroom.path / DRAFT
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")


def shown(newsroom: NewsroomFolder, reader: str = "", now: datetime = LATER) -> Any:
    return preview(configuration.load(newsroom.path / "digest.toml"), "daily", now, reader)


def arrives(newsroom: NewsroomFolder, headline: str, path: str) -> None:
    feed = (newsroom.path / "feed.xml").read_text(encoding="utf-8")
    newsroom.write("feed.xml", feed.replace("</channel>", ITEM.format(headline, path)))


def test_what_editors_wrote_is_previewed_and_is_byte_for_byte_what_is_sent(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
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
    seen = {reader: shown(newsroom, reader) for reader in ("ada@example.com", "kenji@example.org")}
    assert newsroom.send(LATER).exit_status == 0
    mails = {match[1].decode(): mail for mail in newsroom.mails() if (match := re.search(rb"\r\nTo: .*<(.+)>", mail))}
    assert {reader: look.mail for reader, look in seen.items()} == mails
    ada = seen["ada@example.com"]
    assert ada.subject == "A comet & a ferry"
    assert ada.text.index("A comet over the harbour") < ada.text.index("She is back")
    assert "Good <strong>morning</strong>." in re.sub(r' style="[^"]*"', "", ada.html)
    assert 'href="https://www.example.com/h?a=1&amp;b=2"' in ada.html
    assert "<script" not in ada.html
    assert ("Word for word. " * 30).strip() in ada.html
    assert "Good morning." in ada.text
    assert "She is back" not in seen["kenji@example.org"].text


def test_what_comes_after_the_draft_is_told_and_is_in_the_next_edition(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    arrives(newsroom, "The mayor swims home", "mayor")
    (problem,) = shown(newsroom).problems
    assert "1 story has arrived since this draft was made: The mayor swims home" in problem.message
    placed = {
        item.article.headline: item for item in place_articles(newsroom.run(LATER)[0].config, "daily", LATER).articles
    }
    assert placed["The mayor swims home"].reason == "not in the draft: it arrived later"
    assert placed["The ferry is back"].lead
    again = drafted(newsroom, LATER)
    assert [story.headline for story in again.new_stories] == ["The mayor swims home"]
    newsroom.send(LATER)
    assert all(b"mayor" not in mail for mail in newsroom.mails())
    assert newsroom.send(NEXT_DAY).stories == 1
    assert b"The mayor swims home" in newsroom.mails()[-1]


def test_adding_keeps_what_editors_wrote_comments_included(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ('headline = "The ferry is back"', 'headline = "She is back" # shorter'))
    arrives(newsroom, "The mayor swims home", "mayor")
    assert drafted(newsroom, LATER, add=True).note == "added 1 story:"
    text = (newsroom.path / DRAFT).read_text(encoding="utf-8")
    assert 'headline = "She is back" # shorter\n' in text
    look = shown(newsroom)
    assert [article.headline for article in look.edition.articles] == [
        "She is back",
        "The mayor swims home",
        "A comet over the harbour",
    ]
    assert list(look.problems) == []
    newsroom.send(LATER)
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_hidden_story_is_not_sent_now_nor_later(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ('headline = "A comet over the harbour"', 'headline = "A comet over the harbour"\nhide = true'))
    assert newsroom.send(LATER).stories == 1
    assert all(b"comet" not in mail for mail in newsroom.mails())
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_story_moves_with_its_block_and_still_reaches_who_chose_its_category(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ('[[sections]]\nname = "Science"\n\n', ""), ('name = "City"', 'name = "By the water"'))
    assert [section.name for section in shown(newsroom).edition.sections] == ["By the water"]
    kenji = shown(newsroom, "kenji@example.org")
    assert [article.headline for article in kenji.edition.articles] == ["A comet over the harbour"]


def test_a_draft_is_sent_though_no_source_can_be_read_and_a_failed_one_keeps_its_window(
    newsroom: NewsroomFolder,
) -> None:
    newsroom.configure(more='[[sources]]\ntype = "feed"\nname = "second"\npath = "second.xml"\n')
    assert len(drafted(newsroom).problems) == 1
    (newsroom.path / "feed.xml").rename(newsroom.path / "feed.away")
    assert any("sources could be read" in str(problem) for problem in shown(newsroom).problems)
    assert newsroom.send(LATER).stories == 2
    newsroom.write("second.xml", (newsroom.path / "feed.away").read_text().replace("ferry", "tram"))
    (newsroom.path / "feed.away").rename(newsroom.path / "feed.xml")
    assert newsroom.send(NEXT_DAY).stories == 1
    assert b"The tram is back" in newsroom.mails()[-1]


def test_a_second_draft_changes_nothing_and_a_fresh_one_keeps_the_old_beside_it(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ("The ferry is back", "She is back"))
    before = (newsroom.path / DRAFT).read_bytes()
    assert drafted(newsroom, LATER).note == "already exists, no stories have arrived since"
    assert (newsroom.path / DRAFT).read_bytes() == before
    drafted(newsroom, LATER, fresh=True)
    assert (newsroom.path / DRAFT).with_suffix(".toml.old").read_bytes() == before
    assert "She is back" not in (newsroom.path / DRAFT).read_text(encoding="utf-8")
    newsroom.send(LATER)
    with pytest.raises(DraftError, match="already sent"):
        drafted(newsroom, LATER)
    with pytest.raises(DraftError, match="already sent"):
        approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    assert any("changes nothing" in problem.message for problem in shown(newsroom).problems)


def test_what_the_desk_saves_is_in_the_file_with_its_comments_and_a_later_save_is_told(
    newsroom: NewsroomFolder,
) -> None:
    drafted(newsroom)
    edit(
        newsroom,
        ('headline = "The ferry is back"', 'headline = "The ferry is back"  # ask the captain'),
        ('name = "City"', 'name = "City"  # ours'),
    )
    config = newsroom.run()[0].config
    draft = load_draft(config, "2026-11-23-daily")
    assert draft
    ferry, comet = map(identify, draft.articles)
    edits = Edits(
        "Subject",
        "",
        "Good morning\n\nall",
        comet,
        (
            EditedSection("Up there", (EditedStory(comet, "Two comets", "You need no telescope.", hide=False),)),
            EditedSection("City", (EditedStory(ferry, "She is back", "", hide=True),), "City"),
        ),
    )
    saved = save_draft(config, "2026-11-23-daily", edits, draft.revision)
    assert saved.sections == ("Up there", "City")
    text = (newsroom.path / DRAFT).read_text(encoding="utf-8")
    assert 'headline = "She is back"  # ask the captain\n' in text
    assert 'name = "City"  # ours\n' in text
    look = shown(newsroom)
    assert [article.headline for article in look.edition.articles] == ["Two comets"]
    assert (look.subject, look.edition.note) == ("Subject", "Good morning\n\nall")
    with pytest.raises(DraftChangedError, match="somebody else changed"):
        save_draft(config, "2026-11-23-daily", edits, draft.revision)
    assert (newsroom.path / DRAFT).read_text(encoding="utf-8") == text
    empty = (EditedStory(ferry, "", "", hide=False), EditedStory(comet, "Two comets", "", hide=False))
    nothing = (EditedSection("City", empty, "City"),)
    with pytest.raises(DraftError, match="is empty"):
        save_draft(config, "2026-11-23-daily", replace(edits, sections=nothing), saved.revision)
    assert (newsroom.path / DRAFT).read_text(encoding="utf-8") == text


def test_a_draft_from_a_windows_editor_is_saved_like_any_other(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    file = newsroom.path / DRAFT
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    config = newsroom.run()[0].config
    draft = load_draft(config, "2026-11-23-daily")
    assert draft
    sections = tuple(
        replace(section, stories=tuple(replace(story, headline="New", excerpt="") for story in section.stories))
        for section in to_edits(draft).sections
    )
    edits = Edits("", "", "One\n\ntwo", identify(draft.articles[0]), sections)
    saved = save_draft(config, "2026-11-23-daily", edits, draft.revision)
    assert (saved.note, [story.headline for story in saved.stories]) == ("One\n\ntwo", ["New", "New"])
    approve(config, "daily", LATER, "Zoë")
    assert load_draft(config, "2026-11-23-daily").is_approved  # type: ignore[union-attr]


def test_a_draft_has_the_stories_past_the_limits_too_so_that_an_editor_may_choose(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more="[daily]\nmax_articles = 1\n")
    assert drafted(newsroom).note.startswith("2 stories in 2 sections, 1 of them within the limits; ")
    text = (newsroom.path / DRAFT).read_text(encoding="utf-8")
    city, science = text.index("[[sections]]"), text.rindex("[[sections]]")
    made = text.index("# How this draft was made")
    moved = text[:city] + text[science:made] + text[city:science] + text[made:]
    moved = moved.replace('lead = "https://www.example.com/ferry"', 'lead = ""')
    (newsroom.path / DRAFT).write_text(moved, encoding="utf-8")
    assert [article.headline for article in shown(newsroom).edition.articles] == ["A comet over the harbour"]


def test_no_news_makes_no_draft(newsroom: NewsroomFolder) -> None:
    nothing = drafted(newsroom, NOW + timedelta(days=30))
    assert "no new stories since" in nothing.note
    assert not draft_path(newsroom.run()[0].config, "2026-12-23-daily").exists()


def test_tomorrow_s_edition_is_drafted_today_and_sent_at_each_reader_s_own_hour(newsroom: NewsroomFolder) -> None:
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


# --- approval ---------------------------------------------------------------------------------------------------------


def test_what_is_to_be_approved_waits_for_it_and_for_another_once_it_is_changed(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    with pytest.raises(DraftError, match="no draft to approve; create it with `digest draft --daily`"):
        newsroom.send()
    drafted(newsroom)
    with pytest.raises(DraftError, match="nobody has approved it"):
        newsroom.send(LATER)
    dry, told = newsroom.run(LATER)
    assert "would send 2 stories" in str(dry_run(dry))
    assert "nobody has approved it" in str(told[-1])
    config = newsroom.run()[0].config
    approve(config, "daily", LATER, "Zoë")
    edit(newsroom, ("The ferry is back", "She is back"))
    assert any("changed since Zoë approved it at 23 Nov 07:40" in str(told) for told in shown(newsroom).problems)
    with pytest.raises(DraftError, match="changed since Zoë"):
        newsroom.send(LATER)
    assert newsroom.mails() == []
    approve(config, "daily", LATER, "Zoë")
    edit(newsroom, ('subject = ""', '# a comment is no change\nsubject = ""'))
    assert newsroom.send(LATER).recipients == 2


def test_a_frozen_edition_goes_on_as_it_was_frozen(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    drafted(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    newsroom.send(LATER, limit=1)
    edit(newsroom, ("The ferry is back", "She is back"), ("A comet over", "Two comets over"))
    newsroom.send(LATER)
    assert len(newsroom.mails()) == 2
    assert all(b"She is back" not in mail and b"Two comets" not in mail for mail in newsroom.mails())


def test_a_quiet_day_waits_for_nobody(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    assert str(newsroom.send(NOW + timedelta(days=30))).endswith("nothing sent")


def test_a_test_mail_goes_out_before_approval_as_a_reader_gets_it(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    drafted(newsroom)
    run, told = newsroom.run(LATER)
    send_test(run, ["desk@example.com"], "kenji@example.org")
    (mail,) = newsroom.mails()
    assert b"To: Kenji <desk@example.com>" in mail
    assert b"Subject: [Test] A comet over the harbour" in mail
    assert b"The ferry is back" not in mail
    assert any("nobody has approved it" in problem.message for problem in told)
    with pytest.raises(DraftError):
        newsroom.send(LATER)


# --- what is wrong with a file ----------------------------------------------------------------------------------------


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
def test_a_file_that_is_wrong_is_told_with_its_line(
    newsroom: NewsroomFolder, old: str, new: str, line: int | None, words: str
) -> None:
    drafted(newsroom)
    edit(newsroom, (old, new))
    with pytest.raises(DraftError) as caught:
        newsroom.send(LATER)
    assert words in str(caught.value)
    assert "2026-11-23-daily.toml" in caught.value.location
    if line:
        assert caught.value.location.endswith(f":{line}")
    assert newsroom.mails() == []


def test_characters_that_come_along_when_text_is_pasted_do_no_harm(newsroom: NewsroomFolder) -> None:
    """A line break of a layout program is U+000B or U+2028, and MJML takes no control character."""
    drafted(newsroom)
    edit(
        newsroom,
        ('subject = ""', r'subject = "A comet\u000b and a ferry\u0003"'),
        ('headline = "The ferry is back"', r'headline = "The ferry\u000bis back\u0000"'),
        ("After eleven years", r"After\u2028eleven\u001b years"),
    )
    assert newsroom.send(LATER).exit_status == 0
    ada = shown(newsroom, "ada@example.com")
    assert ada.subject == "A comet and a ferry"
    assert "The ferry is back" in ada.text
    assert "After eleven years" in ada.text


def test_a_subject_that_is_broken_is_told_where_it_stands(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ('subject = ""', 'subject = "{{ headline }}"'))
    with pytest.raises(TemplateError, match=r"subject in .*2026-11-23-daily\.toml: 'headline' is undefined"):
        newsroom.send(LATER)


def test_hiding_the_lead_or_everything_is_told(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ('headline = "The ferry is back"', 'headline = "The ferry is back"\nhide = true'))
    with pytest.raises(DraftError, match="is hidden"):
        newsroom.send(LATER)
    edit(
        newsroom,
        ('lead = "https://www.example.com/ferry"', 'lead = ""'),
        ('headline = "A comet over the harbour"', 'headline = "A comet over the harbour"\nhide = true'),
    )
    assert "every story of the draft is hidden" in str(newsroom.send(LATER))


def test_of_two_who_save_at_the_same_moment_one_is_told(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    config = newsroom.run()[0].config
    barrier = Barrier(4)

    def saved(subject: str, draft: Draft) -> str:
        barrier.wait()
        try:
            save_draft(config, "2026-11-23-daily", replace(to_edits(draft), subject=subject), draft.revision)
        except DraftChangedError:
            return ""
        return subject

    for attempt in range(8):
        draft = load_draft(config, "2026-11-23-daily")
        assert draft
        with ThreadPoolExecutor(4) as pool:
            told = list(filter(None, pool.map(saved, [f"{attempt} {editor}" for editor in "abcd"], [draft] * 4)))
        after = load_draft(config, "2026-11-23-daily")
        assert after
        assert told == [after.subject]


def test_what_somebody_read_is_approved_and_nothing_else(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    drafted(newsroom)
    config = newsroom.run()[0].config
    read = load_draft(config, "2026-11-23-daily")
    assert read
    edit(newsroom, ("The ferry is back", "The mayor is a crook"))
    with pytest.raises(DraftChangedError):
        approve(config, "daily", LATER, "Zoë", revision=read.revision)
    with pytest.raises(DraftError, match="nobody has approved it"):
        newsroom.send(LATER)
    with pytest.raises(DraftError, match="an approval needs a name"):
        approve(config, "daily", LATER, " \0")


@pytest.mark.parametrize("change", ["config", "template"])
def test_an_approval_is_of_what_else_readers_see_too(newsroom: NewsroomFolder, change: str) -> None:
    newsroom.configure(more=REQUIRED)
    drafted(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    if change == "config":
        newsroom.configure(("1 Quay Street", "2 Quay Street"), more=REQUIRED)
    else:
        newsroom.write("templates/note.mjml", "")
    with pytest.raises(DraftError, match="was changed since Zoë approved it at 23 Nov 07:40"):
        newsroom.send(LATER)


def test_an_approved_draft_that_is_copied_to_another_day_is_not_approved(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    drafted(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    (newsroom.path / "editions/2026-11-24-daily.toml").write_bytes((newsroom.path / DRAFT).read_bytes())
    with pytest.raises(DraftError, match="changed since Zoë"):
        newsroom.send(NEXT_DAY)


def test_a_story_that_today_s_edition_had_is_left_out_of_tomorrow_s_draft(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada")
    drafted(newsroom, day=date(2026, 11, 24))
    newsroom.send()
    arrives(newsroom, "The mayor swims", "mayor")
    drafted(newsroom, LATER, day=date(2026, 11, 24), add=True)
    tomorrow, told = newsroom.run(NEXT_DAY)
    assert [report.stories for report in send(tomorrow)] == [1]
    assert "The ferry is back: left out: already sent in 2026-11-23-daily" in [
        str(problem).partition(";")[0] for problem in told
    ]
    assert len(newsroom.mails()) == 2


def test_a_story_that_only_its_headline_names_may_be_retitled(newsroom: NewsroomFolder) -> None:
    newsroom.write("feed.xml", "<rss version='2.0'><channel><item><title>No address</title></item></channel></rss>")
    drafted(newsroom)
    edit(newsroom, ('headline = "No address"', 'headline = "With a better title"'))
    assert drafted(newsroom, LATER, add=True).new_stories == []
    arrives(newsroom, "The mayor swims", "mayor")
    assert [story.headline for story in drafted(newsroom, LATER, add=True).new_stories] == ["The mayor swims"]
    newsroom.send(LATER)
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_draft_is_made_while_a_send_is_at_work(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    with Database.open(newsroom.run()[0].config.database_url) as database, database.lock():
        arrives(newsroom, "The mayor swims", "mayor")
        assert drafted(newsroom, LATER, day=date(2026, 11, 24)).file.exists()


def test_what_is_saved_once_the_edition_is_on_its_way_is_told(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    config = newsroom.run()[0].config
    draft = load_draft(config, "2026-11-23-daily")
    assert draft
    newsroom.send(LATER)
    with pytest.raises(DraftError, match="already sent"):
        save_draft(config, "2026-11-23-daily", replace(to_edits(draft), subject="Late"), draft.revision)


def test_a_draft_made_anew_twice_loses_neither_of_the_old_ones(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    edit(newsroom, ("The ferry is back", "First"))
    drafted(newsroom, fresh=True)
    edit(newsroom, ("The ferry is back", "Second"))
    drafted(newsroom, fresh=True)
    assert "First" in (newsroom.path / f"{DRAFT}.old").read_text(encoding="utf-8")
    assert "Second" in (newsroom.path / f"{DRAFT}.old.2").read_text(encoding="utf-8")


def test_a_draft_keeps_its_rights_and_its_link(newsroom: NewsroomFolder) -> None:
    drafted(newsroom)
    file = newsroom.path / DRAFT
    real = newsroom.path / "real.toml"
    file.rename(real)
    real.chmod(0o664)
    file.symlink_to(real)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o664
