"""The window of an edition, across changes of summer time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editorial import compute_window
from digest.models import Cadence

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def test_the_first_daily_edition_takes_24_hours() -> None:
    assert compute_window("daily", NOW, "UTC", None).start == NOW - timedelta(hours=24)


def test_a_daily_edition_starts_where_the_last_one_ended() -> None:
    since = NOW - timedelta(hours=20)
    assert compute_window("daily", NOW, "UTC", since).start == since


def test_after_a_long_pause_readers_get_a_week_not_the_archive() -> None:
    assert compute_window("daily", NOW, "UTC", NOW - timedelta(days=90)).start == NOW - timedelta(days=7)


def test_a_weekly_edition_takes_seven_days_and_a_failed_source_more() -> None:
    assert compute_window("weekly", NOW, "UTC", NOW - timedelta(days=2)).start == NOW - timedelta(days=7)
    assert compute_window("weekly", NOW, "UTC", NOW - timedelta(days=14)).start == NOW - timedelta(days=14)


def test_a_clock_set_back_makes_an_empty_window() -> None:
    assert compute_window("daily", NOW, "UTC", NOW + timedelta(days=1)).start == NOW


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 7), 25),  # clocks went back
        ("Europe/Berlin", datetime(2026, 3, 29, 7), 23),
        ("America/New_York", datetime(2026, 11, 1, 7), 25),
        ("Asia/Kathmandu", datetime(2026, 11, 1, 7), 24),
    ],
)
def test_a_day_ago_is_the_same_local_time_yesterday(zone: str, now: datetime, hours: int) -> None:
    here = now.replace(tzinfo=ZoneInfo(zone))
    day = compute_window("daily", here, zone, None)
    assert day.end - day.start == timedelta(hours=hours)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "UTC"]),
    st.none() | st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1)),
)
def test_a_window_never_ends_before_it_starts(now: datetime, zone: str, since: datetime | None) -> None:
    found = compute_window("daily", now.replace(tzinfo=UTC), zone, since and since.replace(tzinfo=UTC))
    assert found.start <= found.end == now.replace(tzinfo=UTC)
    assert found.end - found.start <= timedelta(days=8, hours=1)


def test_a_day_that_a_zone_skipped_does_not_make_the_window_empty() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    day = compute_window("daily", datetime(2011, 12, 31, 10, tzinfo=apia), "Pacific/Apia", None)
    assert day.end - day.start == timedelta(hours=24)


def test_the_window_starts_at_the_first_of_two_ambiguous_times() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = compute_window("daily", datetime(2026, 10, 26, 2, 30, tzinfo=berlin), "Europe/Berlin", None)
    assert day.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.sampled_from(["daily", "weekly"]),
)
def test_a_first_window_is_whole_days_except_across_a_clock_change(now: datetime, zone: str, cadence: Cadence) -> None:
    found = compute_window(cadence, now.replace(tzinfo=UTC), zone, None)
    days = timedelta(days=1 if cadence == "daily" else 7)
    begin, end = (moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in (found.start, found.end))
    # By the clocks it is whole days, unless the clocks jumped over its beginning.
    assert end - begin >= days
    assert (
        end - begin == days
        or begin.replace(tzinfo=ZoneInfo(zone)).utcoffset() != found.end.astimezone(ZoneInfo(zone)).utcoffset()
    )
