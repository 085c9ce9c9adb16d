"""How late an edition may be sent."""

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.editions import draft as drafting
from digest.errors import TooLateError
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW, READERS, list_editions


def test_past_max_lateness_nothing_is_sent_unless_asked_for(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    late = NOW + timedelta(hours=6, minutes=1)
    with pytest.raises(
        TooLateError, match=r"too late to send: 0 h 1 min past max_lateness; 1 of 4 readers have received it.*--late"
    ):
        newsroom.send(late)
    assert "3 accepted" in str(newsroom.send(late, allow_late=True))


def test_lateness_counts_from_the_configured_time(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[sections]", '[daily]\nat = "00:30"\n[sections]'))
    with pytest.raises(TooLateError, match="nobody has received it"):
        newsroom.send()
    assert newsroom.mails() == []
    assert not any(record for record in list_editions(newsroom))


def test_an_edition_drafted_the_evening_before_is_due_on_its_own_day(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\nat = "07:00"\n')
    newsroom.subscribe(*READERS[:4])
    loaded = newsroom.run()[0].config
    drafting.make_draft(loaded, "daily", NOW - timedelta(hours=1), date(2026, 11, 24))
    seven = datetime(2026, 11, 24, 7, tzinfo=UTC)
    newsroom.send(seven, limit=1)
    assert "3 accepted" in str(newsroom.send(seven + timedelta(minutes=10)))
