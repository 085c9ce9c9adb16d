"""Remote pictures embedded in the email."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from digest.editions.pictures import RemotePictures
from digest.models import Article, Edition, Image, Problem, Publication, Section, Window

FERRY, COMET, GONE = (f"https://www.example.com/{name}.png" for name in ("ferry", "comet", "gone"))
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


def article(url: str) -> Article:
    return Article("https://www.example.com/", "A story", "feed", image=Image(url))


def test_each_picture_is_fetched_once_and_one_that_fails_stays_remote() -> None:
    fetched: list[str] = []

    def fetch(urls: Sequence[str]) -> dict[str, bytes | Problem]:
        fetched.extend(urls)
        return {url: Problem(url, "not found") if url == GONE else url.encode() for url in urls}

    edition = Edition(
        id="2026-11-23-daily",
        cadence="daily",
        date=date(2026, 11, 23),
        window=Window(NOW, NOW),
        lead=article(FERRY),
        lead_section="City",
        sections=(Section("City", (article(COMET), article(GONE))),),
    )
    pictures = RemotePictures(fetch)
    publication, problems = pictures.embed_logos(Publication("The Gazette", logo=Image(COMET)))
    assert publication.logo == Image(COMET, data=COMET.encode())
    assert problems == []
    embedded, problems = pictures.embed_pictures(edition)
    assert [story.image and story.image.data for story in embedded.articles] == [FERRY.encode(), COMET.encode(), b""]
    assert problems == [Problem(GONE, "not found", "the email links to the picture instead")]
    pictures.embed_pictures(replace(edition, id="2026-11-23-weekly", cadence="weekly"))
    assert fetched == [COMET, FERRY, GONE]
