"""An edition that a person cancels, before a run, during one, and under one that died."""

from dataclasses import replace

import pytest

from digest.errors import UsageError
from digest.models import Outcome
from digest.sending.cancel import cancel
from digest.sending.resume import resume
from digest.sending.send import send
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import ADDRESSES, NOW, READERS, list_editions
from tests.servers.smtp import SmtpServer


def test_cancelling_skips_the_remaining_recipients(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    loaded = newsroom.run()[0].config
    assert "3 of 4 readers do not get it" in cancel(loaded, "2026-11-23-daily", NOW)
    assert "already stopped at 07:00: 1 received it, 3 readers did not" in str(newsroom.send())
    assert len(newsroom.mails()) == 1


def test_cancelling_stops_an_active_run_which_closes_the_edition(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    loaded = newsroom.run()[0].config
    lines: list[str] = []

    def cancel_meanwhile() -> bool:
        if len(newsroom.mails()) == 4 and not lines:
            lines.append(cancel(loaded, "2026-11-23-daily", NOW))
        return False

    report = newsroom.send(should_stop=cancel_meanwhile)
    assert lines == ["2026-11-23-daily: cancelled; the active run finishes the emails in flight and sends no more"]
    assert "4 accepted, 0 refused, 96 skipped because it was cancelled, " in str(report)
    assert report.exit_status == 3
    assert [record.state for record in list_editions(newsroom)] == ["stopped"]
    assert "already stopped at 07:00: 4 received it, 96 readers did not" in str(newsroom.send())
    assert "already stopped" in cancel(loaded, "2026-11-23-daily", NOW)
    assert len(newsroom.mails()) == 4


def test_an_edition_cancelled_under_a_run_that_died_is_closed_by_the_next(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    loaded = newsroom.run()[0].config
    with Database.open(loaded.database_url) as database:
        assert database.editions.request_stop("2026-11-23-daily")
    closed, today = send(newsroom.run()[0])
    assert str(closed) == "2026-11-23-daily: stopped; 3 of 4 readers do not get it"
    assert closed.exit_status == 3
    assert "already stopped at 07:00: 1 received it, 3 readers did not" in str(today)
    assert len(newsroom.mails()) == 1
    with pytest.raises(UsageError, match="was stopped"):
        resume(newsroom.run()[0], "2026-11-23-daily")


def test_a_weekly_edition_cancelled_during_a_daily_run_is_closed_at_once(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4], *(f"weekly{number}@example.com,W,,weekly" for number in range(4)))
    loaded = newsroom.run()[0].config
    list(send(replace(newsroom.run(limit=1)[0], cadence="weekly")))
    notes: list[str] = []

    def cancel_meanwhile() -> bool:
        if len(newsroom.mails()) == 3 and not notes:
            notes.append(cancel(loaded, "2026-11-23-weekly", NOW))
        return False

    (daily,) = send(newsroom.run(should_stop=cancel_meanwhile)[0])
    assert daily.outcomes[Outcome.ACCEPTED] == 4
    assert notes == ["2026-11-23-weekly: stopped; 3 of 4 readers do not get it"]


def test_a_weekly_edition_whose_cancelled_run_died_is_closed_by_a_daily_run(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4], *(f"weekly{number}@example.com,W,,weekly" for number in range(4)))
    loaded = newsroom.run()[0].config
    list(send(replace(newsroom.run(limit=1)[0], cadence="weekly")))
    with Database.open_for(loaded) as database:
        assert database.editions.request_stop("2026-11-23-weekly")
    weekly, daily = send(newsroom.run()[0])
    assert daily.outcomes[Outcome.ACCEPTED] == 4
    assert str(weekly) == "2026-11-23-weekly: stopped; 3 of 4 readers do not get it"


def test_an_edition_cancelled_while_the_provider_refuses_everyone_is_closed(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:12])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "554 5.7.1 no")
    today, _ = newsroom.run()

    def cancel_meanwhile() -> bool:
        if smtp_server.handler.refused[ADDRESSES[8]]:
            cancel(today.config, "2026-11-23-daily", NOW)
        return False

    (report,) = send(replace(today, should_stop=cancel_meanwhile))
    assert "skipped because it was cancelled" in str(report)
    assert "already cancelled" in str(newsroom.send())
