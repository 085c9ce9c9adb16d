"""Images of articles: which one is chosen, and fetching them within limits."""

import pytest

from digest.models import Image, Problem
from digest.sources import fetch_images
from digest.sources.images import choose_image, find_images, parse_pixels
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


def test_the_widest_image_up_to_2000_pixels_is_chosen() -> None:
    def image(name: str, width: int, height: int = 0) -> Image:
        return Image(f"/{name}.jpg", None, "A &amp; B", width, height)

    offered = [
        image("huge", 4000),
        image("unknown", 0),
        image("small", 200),
        image("good", 1200),
        image("icon", 1200, 1),
    ]
    names = []
    while chosen := choose_image(offered, "https://www.example.com/feed"):
        assert chosen.alt == "A & B"
        names.append(chosen.url.removeprefix("https://www.example.com/").removesuffix(".jpg"))
        offered = [one for one in offered if one.url != f"/{names[-1]}.jpg"]
    assert names == ["good", "unknown", "huge", "small"]


def test_images_in_html_are_found_in_order() -> None:
    markup = (
        "<p><IMG src='/a.jpg' alt='A' width='800px' height=450>"
        "<img src='data:image/gif;base64,R0' data-src='/b.jpg'><img alt='no source'>"
    )
    assert list(find_images(markup)) == [
        Image("/a.jpg", None, "A", 800, 450),
        Image("/b.jpg"),
        Image("", None, "no source"),
    ]
    assert list(find_images("no image")) == []


@pytest.mark.parametrize(
    ("value", "pixels"), [("800", 800), (" 800px ", 800), ("12.5", 12), (640, 640), ("100%", 0), ("", 0), (None, 0)]
)
def test_pixels_as_markup_writes_them(value: object, pixels: int) -> None:
    assert parse_pixels(value) == pixels
