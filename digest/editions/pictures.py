"""Remote pictures fetched once and embedded in the email, for newsrooms that choose that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from digest.models import Article, Edition, Image, Problem, Publication


class RemotePictures:
    """The contents of remote pictures; each is fetched once, however many editions show it."""

    def __init__(self, fetch: Callable[[Sequence[str]], Mapping[str, bytes | Problem]]) -> None:
        """`fetch` returns the contents at each URL, or the Problem with it."""
        self._fetch = fetch
        self._fetched: dict[str, bytes | Problem] = {}

    def embed_logos(self, publication: Publication) -> tuple[Publication, list[Problem]]:
        """Return the publication with its logos embedded, and the problems with those that stay remote."""
        problems = self._fetch_missing([publication.logo, publication.logo_dark])
        logo, logo_dark = self._embed(publication.logo), self._embed(publication.logo_dark)
        return replace(publication, logo=logo, logo_dark=logo_dark), problems

    def embed_pictures(self, edition: Edition) -> tuple[Edition, list[Problem]]:
        """Return the edition with its stories' pictures embedded, and the problems with those that stay remote."""
        problems = self._fetch_missing(article.image for article in edition.articles)

        def with_picture(article: Article) -> Article:
            return replace(article, image=self._embed(article.image))

        sections = tuple(
            replace(section, articles=tuple(map(with_picture, section.articles))) for section in edition.sections
        )
        return replace(edition, lead=with_picture(edition.lead), sections=sections), problems

    def _fetch_missing(self, images: Iterable[Image | None]) -> list[Problem]:
        """Fetch the pictures that were not fetched yet, and return the problems with any of `images`."""
        urls = dict.fromkeys(image.url for image in images if image and image.url)
        self._fetched.update(self._fetch([url for url in urls if url not in self._fetched]))
        return [
            Problem(fetched.location, fetched.message, "the email links to the picture instead")
            for url in urls
            if isinstance(fetched := self._fetched[url], Problem)
        ]

    def _embed(self, image: Image | None) -> Image | None:
        fetched = self._fetched.get(image.url) if image else None
        return replace(image, data=fetched) if image and isinstance(fetched, bytes) else image
