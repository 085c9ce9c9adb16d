"""Who is imported, and who stays out."""

from datetime import UTC, datetime

from digest.models import Problem, Suppression
from digest.subscribers.import_plan import ImportedSubscriber, plan_import

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def problem(line: int, message: str, hint: str) -> Problem:
    return Problem(f"export.csv:{line}", message, hint)


def imported(status: str = "active") -> ImportedSubscriber:
    return ImportedSubscriber(2, status, {})


def suppressed(email: str) -> Suppression:
    return Suppression(email, "complained", NOW)


def test_a_reader_who_opted_out_anywhere_stays_out_and_is_suppressed() -> None:
    planned = plan_import(
        {
            "new@example.com": imported(),
            "here@example.com": imported(),
            "left-there@example.com": imported("unsubscribed"),
            "left-there-listed@example.com": imported("bounced"),
            "left-there-known@example.com": imported("bounced"),
            "left-here@example.com": imported(),
            "suppressed@example.com": imported(),
            "erased@example.com": imported(),
            "erased-left@example.com": imported("unsubscribed"),
            "odd@example.com": imported(),
            "pending@example.com": imported(),
        },
        {
            "here@example.com": "active",
            "left-there-listed@example.com": "active",
            "left-here@example.com": "complained",
            "odd@example.com": "unknown",
            "pending@example.com": "pending",
        },
        {
            "left-there-known@example.com": suppressed("left-there-known@example.com"),
            "suppressed@example.com": suppressed("suppressed@example.com"),
            "erased@example.com": suppressed("erased:1:2"),
            "erased-left@example.com": suppressed("erased:1:3"),
        },
        problem,
    )
    assert set(planned.merge) == {"new@example.com", "here@example.com", "pending@example.com"}
    assert planned.opt_out == {"left-there-listed@example.com": "bounced"}
    assert planned.suppress == {
        "left-there@example.com": "unsubscribed",
        "left-there-listed@example.com": "bounced",
        "left-here@example.com": "complained",
    }
    assert planned.opted_out == 4
    assert [str(item).partition("; ")[0] for item in planned.left_out] == [
        "export.csv:2: left-here@example.com is complained in the list",
        "export.csv:2: suppressed@example.com has been suppressed since 23 Nov 2026 (complained)",
        "export.csv:2: erased@example.com was erased at their request on 23 Nov 2026",
        "export.csv:2: odd@example.com has an unknown status in the list",
    ]
