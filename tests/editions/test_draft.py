"""Drafts: made, added to, and saved as an editor changes them; what people wrote is never lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest

from digest.drafts import Draft, EditedSection, EditedStory, Edits, to_edits
from digest.editions.approve import approve
from digest.editions.draft import save_draft
from digest.editions.from_draft import load_draft
from digest.editions.naming import draft_path
from digest.editorial import identify
from digest.errors import DraftChangedError, DraftError
from digest.storage import Database
from tests.editions.drafting import DRAFT, LATER, NEXT_DAY, NOW, edit, make, publish, show, show_edition
from tests.newsroom_folder import NewsroomFolder


def test_adding_keeps_what_editors_wrote_comments_included(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ('headline = "The ferry is back"', 'headline = "She is back" # shorter'))
    publish(newsroom, "The mayor swims home", "mayor")
    assert make(newsroom, LATER, add=True).note == "added 1 story:"
    text = (newsroom.path / DRAFT).read_text(encoding="utf-8")
    assert 'headline = "She is back" # shorter\n' in text
    assert [article.headline for article in show_edition(newsroom).articles] == [
        "She is back",
        "The mayor swims home",
        "A comet over the harbour",
    ]
    assert list(show(newsroom).problems) == []
    newsroom.send(LATER)
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_second_draft_changes_nothing_and_a_fresh_one_keeps_the_old_beside_it(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ("The ferry is back", "She is back"))
    before = (newsroom.path / DRAFT).read_bytes()
    assert make(newsroom, LATER).note == "already exists, no stories have arrived since"
    assert (newsroom.path / DRAFT).read_bytes() == before
    make(newsroom, LATER, fresh=True)
    assert (newsroom.path / DRAFT).with_suffix(".toml.old").read_bytes() == before
    assert "She is back" not in (newsroom.path / DRAFT).read_text(encoding="utf-8")
    newsroom.send(LATER)
    with pytest.raises(DraftError, match="already sent"):
        make(newsroom, LATER)
    with pytest.raises(DraftError, match="already sent"):
        approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    assert any("changes nothing" in problem.message for problem in show(newsroom).problems)


def test_a_save_keeps_comments_and_refuses_an_outdated_revision(newsroom: NewsroomFolder) -> None:
    make(newsroom)
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
    edition = show_edition(newsroom)
    assert [article.headline for article in edition.articles] == ["Two comets"]
    assert (show(newsroom).subject, edition.note) == ("Subject", "Good morning\n\nall")
    with pytest.raises(DraftChangedError, match="somebody else changed"):
        save_draft(config, "2026-11-23-daily", edits, draft.revision)
    assert (newsroom.path / DRAFT).read_text(encoding="utf-8") == text
    empty = (EditedStory(ferry, "", "", hide=False), EditedStory(comet, "Two comets", "", hide=False))
    nothing = (EditedSection("City", empty, "City"),)
    with pytest.raises(DraftError, match="is empty"):
        save_draft(config, "2026-11-23-daily", replace(edits, sections=nothing), saved.revision)
    assert (newsroom.path / DRAFT).read_text(encoding="utf-8") == text


def test_a_draft_from_a_windows_editor_is_saved_like_any_other(newsroom: NewsroomFolder) -> None:
    make(newsroom)
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


def test_a_draft_includes_the_stories_over_the_limits_for_the_editor_to_choose(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more="[daily]\nmax_articles = 1\n")
    assert make(newsroom).note.startswith("2 stories in 2 sections, 1 of them within the limits; ")
    text = (newsroom.path / DRAFT).read_text(encoding="utf-8")
    city, science = text.index("[[sections]]"), text.rindex("[[sections]]")
    made = text.index("# How this draft was made")
    moved = text[:city] + text[science:made] + text[city:science] + text[made:]
    moved = moved.replace('lead = "https://www.example.com/ferry"', 'lead = ""')
    (newsroom.path / DRAFT).write_text(moved, encoding="utf-8")
    assert [article.headline for article in show_edition(newsroom).articles] == ["A comet over the harbour"]


def test_no_news_makes_no_draft(newsroom: NewsroomFolder) -> None:
    nothing = make(newsroom, NOW + timedelta(days=30))
    assert "no new stories since" in nothing.note
    assert not draft_path(newsroom.run()[0].config, "2026-12-23-daily").exists()


def test_of_several_saves_at_the_same_moment_one_succeeds(newsroom: NewsroomFolder) -> None:
    make(newsroom)
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
            succeeded = list(filter(None, pool.map(saved, [f"{attempt} {editor}" for editor in "abcd"], [draft] * 4)))
        after = load_draft(config, "2026-11-23-daily")
        assert after
        assert succeeded == [after.subject]


def test_a_story_known_only_by_its_headline_may_be_retitled(newsroom: NewsroomFolder) -> None:
    newsroom.write("feed.xml", "<rss version='2.0'><channel><item><title>No address</title></item></channel></rss>")
    make(newsroom)
    edit(newsroom, ('headline = "No address"', 'headline = "With a better title"'))
    assert make(newsroom, LATER, add=True).new_stories == []
    publish(newsroom, "The mayor swims", "mayor")
    assert [story.headline for story in make(newsroom, LATER, add=True).new_stories] == ["The mayor swims"]
    newsroom.send(LATER)
    assert str(newsroom.send(NEXT_DAY)).endswith("nothing sent")


def test_a_draft_is_made_while_a_send_is_active(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    with Database.open(newsroom.run()[0].config.database_url) as database, database.hold("daily"):
        publish(newsroom, "The mayor swims", "mayor")
        assert make(newsroom, LATER, day=date(2026, 11, 24)).file.exists()


def test_a_save_after_the_edition_was_sent_is_refused(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    config = newsroom.run()[0].config
    draft = load_draft(config, "2026-11-23-daily")
    assert draft
    newsroom.send(LATER)
    with pytest.raises(DraftError, match="already sent"):
        save_draft(config, "2026-11-23-daily", replace(to_edits(draft), subject="Late"), draft.revision)


def test_replacing_a_draft_twice_keeps_both_old_ones(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    edit(newsroom, ("The ferry is back", "First"))
    make(newsroom, fresh=True)
    edit(newsroom, ("The ferry is back", "Second"))
    make(newsroom, fresh=True)
    assert "First" in (newsroom.path / f"{DRAFT}.old").read_text(encoding="utf-8")
    assert "Second" in (newsroom.path / f"{DRAFT}.old.2").read_text(encoding="utf-8")


def test_a_draft_keeps_its_permissions_and_its_symbolic_link(newsroom: NewsroomFolder) -> None:
    make(newsroom)
    file = newsroom.path / DRAFT
    real = newsroom.path / "real.toml"
    file.rename(real)
    real.chmod(0o664)
    file.symlink_to(real)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o664
