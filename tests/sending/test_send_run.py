"""Limits and order of the editions that one run sends."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from digest.errors import DeliveryError
from digest.sending.report import Report
from digest.sending.send import send
from digest.sending.send_run import send_in_turn
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW, READERS


def test_a_limit_holds_for_all_editions_of_a_run_together(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nmax_lateness = "2d"\n'))
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    reports = list(send(newsroom.run(NOW + timedelta(days=1), limit=3)[0]))
    assert [report.edition for report in reports] == ["2026-11-23-daily"]
    assert len(newsroom.mails()) == 4


def test_a_delivery_that_fails_does_not_stop_the_others(newsroom: NewsroomFolder) -> None:
    run, problems = newsroom.run()
    delivered: list[str] = []

    def deliver(edition: str, failure: str = "") -> Iterator[Report]:
        if failure:
            raise DeliveryError(failure)
        delivered.append(edition)
        yield Report(edition)

    deliveries = [
        partial(deliver, "first", "no connection"),
        partial(deliver, "second"),
        partial(deliver, "third", "blocked"),
    ]
    with pytest.raises(DeliveryError, match="blocked"):
        list(send_in_turn(run, deliveries))
    assert delivered == ["second"]
    assert [problem.message for problem in problems] == ["no connection"]
