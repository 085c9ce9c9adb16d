"""What makes a story the same story."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editorial import identify
from digest.editorial.identity import canonicalize, normalize_headline
from digest.models import Article


@pytest.mark.parametrize(
    "other",
    [
        "http://example.com/2026/ferry",
        "https://www.example.com/2026/ferry/",
        "https://EXAMPLE.com/2026/ferry?utm_source=rss&utm_medium=feed",
        "https://example.com:443/2026/ferry#comments",
        "https://example.com/2026/ferry?fbclid=abc&ref=home",
    ],
)
def test_urls_of_the_same_page_are_equal(other: str) -> None:
    assert canonicalize(other) == canonicalize("https://example.com/2026/ferry")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://example.com/story.php?feature=41", "https://example.com/story.php?feature=42"),
        ("https://example.com/a?tag=x&tag=y&utm_source=rss", "https://example.com/a?tag=x&utm_source=rss"),
        ("https://example.com/a", "https://example.com/a?page=2"),
    ],
)
def test_urls_of_different_pages_differ(one: str, two: str) -> None:
    assert canonicalize(one) != canonicalize(two)


def test_a_session_id_does_not_change_the_story() -> None:
    addresses = ("https://example.com/a;jsessionid=9AF1?id=7", "https://example.com/a?PHPSESSID=c0ffee&id=7")
    assert {canonicalize(url) for url in addresses} == {"example.com/a?id=7"}


addresses = st.from_regex(
    r"https?://[a-z]{1,8}\.example/[a-z0-9/]{0,20}(\?[a-z]=[a-z0-9]{1,4}(&[a-z]=\w{1,4})?)?", fullmatch=True
)
tracking = st.sampled_from(
    ["utm_source=rss", "fbclid=Iw1", "gclid=2", "mc_cid=0a", "CMP=share", "ref=home", "xtor=RSS-1"]
)


@given(addresses, st.lists(tracking, min_size=1, max_size=4))
def test_tracking_parameters_never_change_a_story_s_identity(url: str, parameters: list[str]) -> None:
    followed = url + ("&" if "?" in url else "?") + "&".join(parameters)
    plain, tracked = (Article(url=address, headline="A", source="feed") for address in (url, followed))
    assert identify(plain) == identify(tracked)


@pytest.mark.parametrize("other", ["https://example.com/?p=1", "https://example.com/?p=2", "https://example.org/?p=1"])
def test_parameters_that_name_the_page_stay(other: str) -> None:
    addresses = {
        canonicalize(url)
        for url in ("https://example.com/?p=1", "https://example.com/?p=2", "https://example.org/?p=1")
    }
    assert len(addresses) == 3
    assert canonicalize(other) in addresses


@given(st.from_regex(r"https?://[a-z]{1,8}\.example/[a-zA-Z0-9/?&=%#._-]{0,40}", fullmatch=True))
def test_a_canonical_url_is_its_own_canonical_url(url: str) -> None:
    once = canonicalize(url)
    assert canonicalize("https://" + once) == once


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    assert normalize_headline(normalize_headline(text)) == normalize_headline(text)
    assert isinstance(canonicalize(text), str)


def test_without_a_url_the_guid_and_then_the_headline_identifies_a_story() -> None:
    by_guid = Article(url="", headline="A", source="feed", guid="7")
    assert identify(by_guid) == "guid:feed:7"
    by_headline = Article(url="", headline="The ferry, back", source="feed")
    assert identify(by_headline) == identify(Article(url="", headline="the FERRY back", source="feed"))
    assert identify(by_headline) != identify(Article(url="", headline="The ferry, back", source="other"))
