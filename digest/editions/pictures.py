"""Remote pictures brought into the mail, where a newsroom embeds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from digest.models import Article, Edition, Image, Problem, Publication


class RemotePictures:
    """What is at the addresses of pictures; each is fetched once, however many editions show it."""

    def __init__(self, fetch: Callable[[Sequence[str]], Mapping[str, bytes | Problem]]) -> None:
        """`fetch` gives what is at each address, or the Problem with it."""
        self._fetch = fetch
        self._found: dict[str, bytes | Problem] = {}

    def of_publication(self, publication: Publication) -> tuple[Publication, list[Problem]]:
        """The publication with its logos at hand, and the problems with those that stay where they are."""
        problems = self._bring([publication.logo, publication.logo_dark])
        logo, logo_dark = self._at_hand(publication.logo), self._at_hand(publication.logo_dark)
        return replace(publication, logo=logo, logo_dark=logo_dark), problems

    def of_edition(self, edition: Edition) -> tuple[Edition, list[Problem]]:
        """The edition with its pictures at hand, and the problems with those that stay where they are."""
        problems = self._bring(article.image for article in edition.articles)

        def with_picture(article: Article) -> Article:
            return replace(article, image=self._at_hand(article.image))

        sections = tuple(
            replace(section, articles=tuple(map(with_picture, section.articles))) for section in edition.sections
        )
        return replace(edition, lead=with_picture(edition.lead), sections=sections), problems

    def _bring(self, images: Iterable[Image | None]) -> list[Problem]:
        """Fetch those that are not known yet, and say what is wrong with any of them."""
        addresses = dict.fromkeys(image.url for image in images if image and image.url)
        self._found.update(self._fetch([url for url in addresses if url not in self._found]))
        return [
            Problem(found.location, found.message, "the picture is shown from there")
            for url in addresses
            if isinstance(found := self._found[url], Problem)
        ]

    def _at_hand(self, image: Image | None) -> Image | None:
        found = self._found.get(image.url) if image else None
        return replace(image, data=found) if image and isinstance(found, bytes) else image
