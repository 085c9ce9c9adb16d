"""When failures in a row are the provider's fault."""

import pytest

from digest.models import Outcome, Receipt, Recipient
from digest.sending.circuit_breaker import CircuitBreaker

REFUSED = "554 5.7.1 relay access denied"
BOUNCED = "550 5.1.1 no such user"


def receipts(count: int, outcome: Outcome, detail: str = "") -> list[Receipt]:
    return [
        Receipt(Recipient(f"reader{number}@example.com", f"{number}@example.com", {}), outcome, detail)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("has_accepted", "failures", "is_open"),
    [
        (False, receipts(9, Outcome.REFUSED, REFUSED), False),
        (False, receipts(10, Outcome.REFUSED, REFUSED), True),
        (False, receipts(10, Outcome.DEFERRED), True),
        (False, receipts(10, Outcome.IN_DOUBT), True),
        (False, receipts(199, Outcome.REFUSED, BOUNCED), False),
        (False, receipts(200, Outcome.REFUSED, BOUNCED), True),
        (True, receipts(49, Outcome.REFUSED, REFUSED), False),
        (True, receipts(50, Outcome.REFUSED, REFUSED), True),
        (True, receipts(1000, Outcome.REFUSED, BOUNCED), False),
    ],
)
def test_it_opens_after_too_many_failures_in_a_row(
    failures: list[Receipt], *, has_accepted: bool, is_open: bool
) -> None:
    breaker = CircuitBreaker(has_accepted=has_accepted)
    breaker.record(failures)
    assert breaker.is_open is is_open


def test_an_accepted_recipient_ends_the_streak() -> None:
    breaker = CircuitBreaker()
    breaker.record([*receipts(9, Outcome.DEFERRED), *receipts(1, Outcome.ACCEPTED), *receipts(49, Outcome.DEFERRED)])
    assert breaker.is_failing
    assert not breaker.is_open
    assert len(breaker.reset()) == 49
    assert not breaker.is_failing


def test_deferred_recipients_who_are_retried_do_not_count() -> None:
    breaker = CircuitBreaker()
    breaker.record([*receipts(9, Outcome.DEFERRED), *receipts(1, Outcome.REFUSED, REFUSED)])
    breaker.forget_deferred()
    assert [receipt.outcome for receipt in breaker.reset()] == [Outcome.REFUSED]


@pytest.mark.parametrize(
    ("failures", "is_provider_s_fault"),
    [
        (receipts(1, Outcome.REFUSED, REFUSED), True),
        ([*receipts(1, Outcome.REFUSED, REFUSED), *receipts(3, Outcome.REFUSED, BOUNCED)], True),
        ([*receipts(1, Outcome.REFUSED, REFUSED), *receipts(3, Outcome.DEFERRED)], True),
        (receipts(9, Outcome.REFUSED, BOUNCED), False),
        (receipts(10, Outcome.REFUSED, BOUNCED), True),
        (receipts(5, Outcome.DEFERRED), False),
        ([*receipts(5, Outcome.REFUSED, REFUSED), *receipts(1, Outcome.IN_DOUBT)], False),
    ],
)
def test_a_short_list_refused_whole_is_the_provider_s_fault_unless_all_bounced(
    failures: list[Receipt], *, is_provider_s_fault: bool
) -> None:
    breaker = CircuitBreaker()
    breaker.record(failures)
    assert breaker.has_refused_everyone is is_provider_s_fault
