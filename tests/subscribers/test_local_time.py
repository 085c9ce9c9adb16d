"""The hour where each reader is."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.subscribers import days_due, due_at

SEVEN = time(7)


@pytest.mark.parametrize(
    ("day", "at", "timezone", "moment"),
    [
        ((2026, 11, 23), SEVEN, "UTC", "2026-11-23T07:00+00:00"),
        ((2026, 11, 23), SEVEN, "Asia/Tokyo", "2026-11-22T22:00+00:00"),
        ((2026, 11, 23), SEVEN, "Pacific/Kiritimati", "2026-11-22T17:00+00:00"),
        ((2026, 11, 23), SEVEN, "Pacific/Honolulu", "2026-11-23T17:00+00:00"),
        # The clocks of Berlin go forward at 2:00 on 29 March: 2:30 is not there, 3:30 is what it would have been.
        ((2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:30+00:00"),
        # They go back at 3:00 on 25 October: 2:30 comes twice.
        ((2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30+00:00"),
    ],
)
def test_the_moment_of_an_hour(day: tuple[int, int, int], at: time, timezone: str, moment: str) -> None:
    assert due_at(date(*day), at, timezone) == datetime.fromisoformat(moment)


def test_two_days_may_be_due_at_once() -> None:
    now = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    zones = ["Pacific/Honolulu", "Pacific/Kiritimati", "Europe/London"]
    assert days_due(zones, SEVEN, now, timedelta(hours=6)) == [date(2026, 11, 23), date(2026, 11, 24)]
    assert days_due(["Europe/London"], SEVEN, now, timedelta(hours=6)) == []
    assert days_due(["Europe/London"], time(23, 50), datetime(2026, 11, 24, 0, 10, tzinfo=UTC), timedelta(hours=1)) == [
        date(2026, 11, 23)
    ]


@settings(deadline=None)
@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Europe/Berlin", "America/Santiago", "UTC"]),
    st.times(),
)
def test_an_hourly_run_finds_each_day_once_within_the_hour(start: datetime, timezone: str, at: time) -> None:
    hours = [start + timedelta(hours=number) for number in range(24 * 4)]
    found = [day for now in hours for day in days_due([timezone], at, now, timedelta(hours=1) - timedelta.resolution)]
    assert len(set(found)) in (3, 4, 5)
    assert sorted(set(found)) == [min(found) + timedelta(days=number) for number in range(len(set(found)))]
    assert all(count == 1 for count in map(found.count, found))
