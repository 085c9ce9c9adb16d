"""Pictures of articles as bytes: what can be had within limits, and a reason for what cannot."""

import pytest

from digest.models import Problem
from digest.sources import fetch_pictures
from tests.servers.web import WebServer

LARGEST = 150_000


def told(found: bytes | Problem) -> str:
    return found.message if isinstance(found, Problem) else "had"


def test_what_can_be_had_is_and_each_of_the_others_has_a_reason(web: WebServer) -> None:
    addresses = {
        web.page("/ferry.jpg", b"x" * LARGEST): "had",
        web.page("/huge.jpg", b"x" * (LARGEST + 1)): "larger than",
        web.page("/gone.jpg", status=404): "the server answers 404",
        web.page("/moved.jpg", status=302, Location="/ferry.jpg"): "had",
        web.page("/inside.jpg", status=302, Location="http://127.0.0.2/metadata"): "leads into a private network",
        "http://127.0.0.2:1/private.jpg": "leads into a private network",
        "http://[": "is no address to fetch",
    }
    found = fetch_pictures(list(addresses), base_url=web.url, largest=LARGEST)
    assert list(found) == list(addresses)
    for url, words in addresses.items():
        assert told(found[url]).startswith(words)


def test_a_site_that_is_slow_does_not_hold_up_the_mail(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.sources.remote_pictures.SECONDS", 0.1)
    urls = [web.page(f"/{number}.jpg", b"x") for number in range(20)]
    web.slow = {f"/{number}.jpg": 0.2 for number in range(20)}
    found = fetch_pictures(urls, base_url=web.url, largest=LARGEST)
    assert told(found[urls[0]]) == "had"
    assert [told(found[url]) for url in urls[1:]] == ["not fetched: the pictures before it took 0 s"] * 19
    assert len(web.agents) == 1
