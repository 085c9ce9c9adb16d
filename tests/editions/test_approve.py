"""Approval: an edition that needs it is sent as it was approved, or not at all."""

from datetime import timedelta

import pytest

from digest.editions.approve import approve
from digest.editions.from_draft import load_draft
from digest.errors import DraftChangedError, DraftError
from digest.sending.dry_run import dry_run
from digest.sending.test_send import send_test
from tests.editions.drafting import DRAFT, LATER, NEXT_DAY, NOW, REQUIRED, edit, make, show
from tests.newsroom_folder import NewsroomFolder


def test_an_edition_waits_for_approval_and_again_after_a_change(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    with pytest.raises(DraftError, match="no draft to approve; create it with `digest draft --daily`"):
        newsroom.send()
    make(newsroom)
    with pytest.raises(DraftError, match="nobody has approved it"):
        newsroom.send(LATER)
    dry, problems = newsroom.run(LATER)
    assert "would send 2 stories" in str(dry_run(dry))
    assert "nobody has approved it" in str(problems[-1])
    config = newsroom.run()[0].config
    approve(config, "daily", LATER, "Zoë")
    edit(newsroom, ("The ferry is back", "She is back"))
    assert any("changed since Zoë approved it at 23 Nov 07:40" in str(problem) for problem in show(newsroom).problems)
    with pytest.raises(DraftError, match="changed since Zoë"):
        newsroom.send(LATER)
    assert newsroom.mails() == []
    approve(config, "daily", LATER, "Zoë")
    edit(newsroom, ('subject = ""', '# a comment is no change\nsubject = ""'))
    assert newsroom.send(LATER).recipients == 2


def test_a_day_without_news_needs_no_approval(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    assert str(newsroom.send(NOW + timedelta(days=30))).endswith("nothing sent")


def test_a_test_may_be_sent_before_approval(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    make(newsroom)
    run, problems = newsroom.run(LATER)
    send_test(run, ["desk@example.com"], "kenji@example.org")
    (mail,) = newsroom.mails()
    assert b"To: Kenji <desk@example.com>" in mail
    assert b"Subject: [Test] A comet over the harbour" in mail
    assert b"The ferry is back" not in mail
    assert any("nobody has approved it" in problem.message for problem in problems)
    with pytest.raises(DraftError):
        newsroom.send(LATER)


def test_only_the_revision_that_somebody_read_is_approved(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    make(newsroom)
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
def test_an_approval_covers_the_configuration_and_templates(newsroom: NewsroomFolder, change: str) -> None:
    newsroom.configure(more=REQUIRED)
    make(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    if change == "config":
        newsroom.configure(("1 Quay Street", "2 Quay Street"), more=REQUIRED)
    else:
        newsroom.write("templates/note.mjml", "")
    with pytest.raises(DraftError, match="was changed since Zoë approved it at 23 Nov 07:40"):
        newsroom.send(LATER)


def test_a_copy_of_an_approved_draft_is_not_approved(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more=REQUIRED)
    make(newsroom)
    approve(newsroom.run()[0].config, "daily", LATER, "Zoë")
    (newsroom.path / "editions/2026-11-24-daily.toml").write_bytes((newsroom.path / DRAFT).read_bytes())
    with pytest.raises(DraftError, match="changed since Zoë"):
        newsroom.send(NEXT_DAY)
