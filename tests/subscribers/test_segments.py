"""Segments, cadences and unsubscribe links."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError, SubscribersError
from digest.models import Segment, Subscriber
from digest.subscribers import read_token, segment_of, unsubscribe_token, unsubscribe_url, wants

MONDAY = date(2026, 11, 23)


def test_readers_of_the_same_categories_share_a_segment() -> None:
    one = segment_of(Subscriber("a@example.com", categories=("World", "science")), "en")
    two = segment_of(Subscriber("b@example.com", categories=(" Science", "WORLD"), language="EN"), "en")
    assert one == two == Segment(("science", "world"))
    assert segment_of(Subscriber("c@example.com", language="de"), "en") == Segment((), "de")


def test_no_two_segments_have_the_same_key() -> None:
    segments = [Segment(), Segment(("science",)), Segment((), "de"), Segment(("science",), "de"), Segment(("de",))]
    assert len({segment.key for segment in segments}) == len(segments)


def test_only_active_readers_of_the_cadence_want_an_edition() -> None:
    assert wants(Subscriber("a@example.com"), "daily", MONDAY)
    assert not wants(Subscriber("a@example.com"), "weekly", MONDAY)
    assert not wants(Subscriber("a@example.com", status="bounced"), "daily", MONDAY)


def test_a_weekdays_reader_gets_the_daily_edition_from_monday_to_friday() -> None:
    reader = Subscriber("a@example.com", cadence="weekdays")
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    assert [wants(reader, "daily", day) for day in days] == [True] * 5 + [False] * 2
    assert not any(wants(reader, "weekly", day) for day in days)


@given(st.emails())
def test_a_token_is_read_back_only_with_the_secret(address: str) -> None:
    token = unsubscribe_token(address, "secret")
    assert read_token(token, "secret") == address
    with pytest.raises(SubscribersError, match="not valid"):
        read_token(token, "another secret")
    with pytest.raises(SubscribersError):
        read_token(token[:-1], "secret")


def test_a_link_holds_the_address_encoded_or_the_token() -> None:
    assert (
        unsubscribe_url("https://x.example/?e={email}", "a+b@example.com", "")
        == "https://x.example/?e=a%2Bb%40example.com"
    )
    url = unsubscribe_url("https://x.example/{token}", "a@example.com", "s")
    assert read_token(url.rpartition("/")[2], "s") == "a@example.com"


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(ConfigError, match="DIGEST_SECRET_KEY"):
        unsubscribe_url("https://x.example/{token}", "a@example.com", "")
    with pytest.raises(ConfigError):
        read_token(unsubscribe_token("a@example.com", "s"), "")


@given(st.text())
def test_any_other_text_is_refused_as_a_token_with_a_message(text: str) -> None:
    with pytest.raises(SubscribersError, match="not valid"):
        read_token(text, "secret")
