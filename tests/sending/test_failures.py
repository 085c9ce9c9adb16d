"""Failed recipients in a few lines."""

from digest.models import Outcome, Problem, Receipt, Recipient
from digest.sending.failures import FailureTracker
from digest.sending.send import send
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import READERS
from tests.servers.smtp import SmtpServer


def test_many_refusals_of_a_kind_are_reported_in_a_few_lines(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.refuse = {row.partition(",")[0]: "550 5.1.1 no such user" for row in READERS[:50]}
    today, problems = newsroom.run()
    assert "50 accepted, 50 refused" in str(next(iter(send(today))))
    assert len(problems) == 4
    assert (
        str(problems[3])
        == "47 more recipients: refused: 550 5.1.1 no such user; `digest status 2026-11-23-daily` lists them"
    )


def receipt(number: int, outcome: Outcome, detail: str = "550 5.1.1 no such user") -> Receipt:
    return Receipt(Recipient(f"reader{number}@example.com", f"{number}@example.com", {}), outcome, detail)


def report(failures: FailureTracker) -> list[str]:
    problems: list[Problem] = []
    failures.report(problems.append, "2026-11-23-daily")
    return list(map(str, problems))


def test_each_kind_of_failure_is_reported_and_accepted_recipients_are_not() -> None:
    failures = FailureTracker()
    failures.record([receipt(1, Outcome.ACCEPTED, "250 ok"), receipt(2, Outcome.REFUSED), receipt(3, Outcome.REFUSED)])
    failures.record([receipt(4, Outcome.IN_DOUBT, "no answer")])
    assert report(failures) == [
        "reader2@example.com: refused: 550 5.1.1 no such user",
        "reader3@example.com: refused: 550 5.1.1 no such user",
        "reader4@example.com: in doubt: no answer",
    ]


def test_withdrawn_refusals_and_retried_recipients_are_not_reported() -> None:
    failures = FailureTracker()
    refused = [receipt(number, Outcome.REFUSED) for number in range(5)]
    failures.record([*refused, receipt(9, Outcome.REFUSED, "552 5.2.2 mailbox full"), receipt(8, Outcome.DEFERRED)])
    failures.withdraw_refusals(refused)
    failures.forget_deferred()
    assert report(failures) == ["reader9@example.com: refused: 552 5.2.2 mailbox full"]
