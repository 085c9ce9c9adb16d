"""The line that a cron log keeps, and the exit status."""

import pytest

from digest.models import Outcome
from digest.sending.report import Report


@pytest.mark.parametrize(
    ("report", "line", "exit_status"),
    [
        (
            Report("2026-11-23-daily", stories=12, recipients=1840, seconds=41.27, outcomes={Outcome.ACCEPTED: 1840}),
            "2026-11-23-daily: 12 stories, 1840 recipients, 1840 accepted, 0 refused, 41.3 s",
            0,
        ),
        (
            Report("2026-11-23-daily", stories=1, recipients=1, outcomes={Outcome.REFUSED: 1}),
            "2026-11-23-daily: 1 story, 1 recipient, 0 accepted, 1 refused, 0.0 s",
            3,
        ),
        (
            Report(
                "2026-11-23-daily",
                stories=2,
                recipients=30,
                suppressed=1,
                remaining=3,
                due_later=4,
                outcomes={Outcome.ACCEPTED: 10, Outcome.DEFERRED: 5, Outcome.IN_DOUBT: 7},
            ),
            (
                "2026-11-23-daily: 2 stories, 30 recipients, 10 accepted, 0 refused, 5 deferred, 7 in doubt, 1 suppressed, "
                "3 left for the next run, 4 due later at their local time, 0.0 s"
            ),
            3,
        ),
        (
            Report("2026-11-23-daily", note="no new stories since 23 Nov 07:00, nothing sent"),
            "2026-11-23-daily: no new stories since 23 Nov 07:00, nothing sent",
            0,
        ),
        (
            Report("2026-11-23-daily", note="stopped: too late for 3 of 4 readers", has_missed_readers=True),
            "2026-11-23-daily: stopped: too late for 3 of 4 readers",
            3,
        ),
    ],
)
def test_a_report_is_one_line(report: Report, line: str, exit_status: int) -> None:
    report.outcomes = dict.fromkeys(Outcome, 0) | report.outcomes
    assert str(report) == line
    assert report.exit_status == exit_status
