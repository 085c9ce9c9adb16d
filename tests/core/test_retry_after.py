"""How long responses ask to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import time

import pytest

from digest.core.retry_after import parse_retry_after, read_retry_after


@pytest.mark.parametrize(
    ("value", "seconds"), [("120", 120), (" 0 ", 0), ("soon", None), ("-3", None), ("\u00b2", None)]
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert parse_retry_after(later) == pytest.approx(60, abs=5)
    assert parse_retry_after("Mon, 23 Nov 2020 07:00:00 GMT") == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7", "X-RateLimit-Reset": "30"}, 7),
        ({"retry-after": "soon", "X-RateLimit-Reset": "30"}, 0),
        ({"X-RateLimit-Reset": "30"}, 30),
        ({"RateLimit-Reset": " 30 "}, 30),
        ({"RateLimit-Reset": "1000"}, 1000),
        ({"X-RateLimit-Reset": "never"}, 0),
        ({}, 0),
    ],
)
def test_headers_that_ask_for_a_pause(headers: dict[str, str], seconds: float) -> None:
    assert read_retry_after(headers) == seconds


def test_a_reset_may_be_a_moment() -> None:
    assert read_retry_after({"X-RateLimit-Reset": str(int(time()) + 60)}) == pytest.approx(60, abs=5)
    assert read_retry_after({"X-RateLimit-Reset": str(int(time()) - 60)}) == 0
