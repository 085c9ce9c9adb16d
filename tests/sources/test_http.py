"""Fetching, and every way it fails."""

import gzip
import logging
import socket
import threading

import pytest

from digest.errors import SourceError
from digest.sources import http as module
from digest.sources.http import Document, HttpFetcher, fetch_status
from tests.servers.web import WebServer


def fetch(url: str) -> Document:
    return HttpFetcher("https://www.example.com", trusted_host="127.0.0.1", sleep=lambda _seconds: None).get(url)


def test_a_document_has_its_type_and_its_url_after_redirects(web: WebServer) -> None:
    web.page("/feed", b"<rss/>", Content_Type="application/rss+xml; charset=utf-8")
    document = fetch(web.page("/old", status=301, Location="/feed"))
    assert (document.body, document.url) == (b"<rss/>", f"{web.url}/feed")
    assert document.content_type == "application/rss+xml; charset=utf-8"
    assert web.agents[0].startswith("news-digest/")
    assert web.agents[0].endswith(" (+https://www.example.com)")


def test_gzip_is_decompressed(web: WebServer) -> None:
    assert fetch(web.page("/feed", gzip.compress(b"<rss/>"), Content_Encoding="gzip")).body == b"<rss/>"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "requires a login"),
        (403, "blocks programs"),
        (404, "look for the right address"),
        (410, "taken down"),
        (418, "open the address"),
        (429, "less often"),
        (500, "try again later"),
        (503, "try again later"),
        (599, "(not a standard status)"),
    ],
)
def test_an_error_status_has_a_hint(web: WebServer, status: int, words: str) -> None:
    with pytest.raises(SourceError, match=str(status)) as caught:
        fetch(web.page("/feed", b"sorry", status=status))
    assert words in str(caught.value)
    assert caught.value.location == f"{web.url}/feed"


def test_a_document_over_the_limit_is_not_read(web: WebServer) -> None:
    with pytest.raises(SourceError, match="larger than 10 MB"):
        fetch(web.page("/feed", b"x" * 50_000_000))


def test_a_decompression_bomb_is_stopped(web: WebServer) -> None:
    with pytest.raises(SourceError, match="larger than 10 MB"):
        fetch(web.page("/feed", gzip.compress(b"\0" * 200_000_000, 1), Content_Encoding="gzip"))


def test_a_server_that_does_not_respond_or_never_ends_is_given_up(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOTAL_SECONDS", 1.0)
    web.slow["/never"] = 2.0
    with pytest.raises(SourceError, match="no response in time"):
        fetch(web.page("/never", b"<rss/>"))
    web.slow["/dripping"] = 0.3
    with pytest.raises(SourceError, match="not complete after"):
        fetch(web.page("/dripping", b"x" * 2_000_000))


def test_redirects_are_limited(web: WebServer) -> None:
    with pytest.raises(SourceError, match="more than 5 redirects"):
        fetch(web.page("/loop", status=302, Location="/loop"))
    with pytest.raises(SourceError, match="not an http or https URL"):
        fetch(web.page("/out", status=302, Location="file:///etc/passwd"))


@pytest.mark.parametrize("location", ["http://[", "//[", "mailto:news@example.com"])
def test_a_redirect_to_an_invalid_url_is_an_error(web: WebServer, location: str) -> None:
    with pytest.raises(SourceError, match="not a"):
        fetch(web.page("/out", status=302, Location=location))


def test_each_request_is_logged_without_the_password(web: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    url = web.page("/feed?page=2", b"<rss/>").replace("http://", "http://ada:secret@")
    web.page("/old", status=301, Location="/feed?page=2")
    with caplog.at_level(logging.DEBUG, "digest.sources"):
        fetch(url)
        fetch(f"{web.url}/old")
    lines = [record.getMessage().rpartition(", ")[0] for record in caplog.records]
    assert lines == [
        f"GET {web.url}/feed?page=2: 200, 6 bytes",
        f"GET {web.url}/old: 301, 0 bytes",
        f"GET {web.url}/feed?page=2: 200, 6 bytes",
    ]
    assert caplog.records[0].getMessage().endswith(" s")


def test_the_status_of_a_link_is_that_of_its_last_response(web: WebServer) -> None:
    web.page("/new", b"x")
    assert fetch_status(web.page("/old", status=301, Location="/new")) == 200
    assert fetch_status(web.page("/gone", status=410)) == 410
    with pytest.raises(SourceError):
        fetch_status(web.page("/out", status=302, Location="http://127.0.0.2/metadata"))


def test_broken_compression_is_an_error(web: WebServer) -> None:
    with pytest.raises(SourceError, match="compression is broken"):
        fetch(web.page("/feed", b"not gzip at all", Content_Encoding="gzip"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed", "http://nowhere.invalid/feed", "http://[/feed"])
def test_the_error_names_what_cannot_be_reached(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        fetch(url)
    assert caught.value.location == url
    assert caught.value.hint


def test_headers_sent_byte_by_byte_do_not_block_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOTAL_SECONDS", 0.2)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.2)
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not stop.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        with pytest.raises(SourceError, match="not complete in time"):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/feed")
        stop.set()
        thread.join()


def test_a_temporary_error_is_retried_and_then_given_up(web: WebServer) -> None:
    pauses: list[float] = []
    client = HttpFetcher(trusted_host="127.0.0.1", sleep=pauses.append)
    url = web.page("/feed", status=503)
    with pytest.raises(SourceError, match="503"):
        client.get(url)
    assert len(web.agents) == 3
    assert 0.3 < pauses[0] < pauses[1] < 2
    web.page("/feed", status=429, Retry_After="2")
    with pytest.raises(SourceError, match="429"):
        client.get(url)
    assert pauses[2:] == [2.0, 2.0]
    web.page("/feed", status=503, Retry_After="3600")
    with pytest.raises(SourceError, match="503"):
        client.get(url)
    assert len(web.agents) == 7


def test_an_unchanged_document_is_not_downloaded_again(web: WebServer) -> None:
    url = web.page(
        "/feed", b"<rss/>", ETag='"1"', Last_Modified="Mon, 23 Nov 2026 06:00:00 GMT", Content_Type="text/xml"
    )
    first = HttpFetcher(trusted_host="127.0.0.1")
    first.get(url)
    web.page("/feed", status=304)
    again = HttpFetcher(trusted_host="127.0.0.1", stored={stored.url: stored for stored in first.fetched}.get)
    assert again.get(url).body == b"<rss/>"
    assert again.fetched == []


def test_a_permanent_redirect_is_reported_and_a_temporary_one_is_not(web: WebServer) -> None:
    web.page("/new", b"<rss/>")
    web.page("/temporary", status=302, Location="/new")
    client = HttpFetcher(trusted_host="127.0.0.1")
    client.get(web.page("/old", status=301, Location="/new"))
    assert [str(problem) for problem in client.problems] == [
        f"{web.url}/old: has moved permanently to {web.url}/new; use that address in digest.toml"
    ]
    client.get(f"{web.url}/temporary")
    client.get(web.page("/older", status=301, Location="/temporary"))
    assert f"to {web.url}/temporary" in str(client.problems[1:])


def test_private_addresses_are_not_fetched_unless_the_configuration_names_them(web: WebServer) -> None:
    other = web.url.replace("127.0.0.1", "localhost")
    with pytest.raises(SourceError, match="private network"):
        HttpFetcher(trusted_host="").get(web.page("/feed", b"<rss/>"))
    with pytest.raises(SourceError, match="private network"):
        HttpFetcher(trusted_host="127.0.0.1").get(web.page("/out", status=302, Location=f"{other}/feed"))
    assert HttpFetcher(trusted_host="127.0.0.1").get(f"{web.url}/feed").body == b"<rss/>"
