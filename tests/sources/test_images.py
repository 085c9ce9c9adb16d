"""Images of articles: which one is chosen, and fetching them within limits."""

import pytest

from digest.models import Problem
from digest.sources import fetch_images
from tests.servers.web import WebServer

MAX_BYTES = 150_000


def outcome(found: bytes | Problem) -> str:
    return found.message if isinstance(found, Problem) else "fetched"


def test_each_image_is_fetched_or_has_a_reason(web: WebServer) -> None:
    addresses = {
        web.page("/ferry.jpg", b"x" * MAX_BYTES): "fetched",
        web.page("/huge.jpg", b"x" * (MAX_BYTES + 1)): "larger than",
        web.page("/gone.jpg", status=404): "the server responded 404",
        web.page("/moved.jpg", status=302, Location="/ferry.jpg"): "fetched",
        web.page("/inside.jpg", status=302, Location="http://127.0.0.2/metadata"): "leads into a private network",
        "http://127.0.0.2:1/private.jpg": "leads into a private network",
        "http://[": "is not a valid URL",
    }
    found = fetch_images(list(addresses), base_url=web.url, max_bytes=MAX_BYTES)
    assert list(found) == list(addresses)
    for url, words in addresses.items():
        assert outcome(found[url]).startswith(words)


def test_a_slow_site_does_not_hold_up_the_email(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.sources.images.FETCH_SECONDS", 0.1)
    urls = [web.page(f"/{number}.jpg", b"x") for number in range(20)]
    web.slow = {f"/{number}.jpg": 0.2 for number in range(20)}
    found = fetch_images(urls, base_url=web.url, max_bytes=MAX_BYTES)
    assert outcome(found[urls[0]]) == "fetched"
    assert [outcome(found[url]) for url in urls[1:]] == ["not fetched: the images before it took 0 s"] * 19
    assert len(web.agents) == 1
