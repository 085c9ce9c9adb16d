"""Remote pictures brought into the mail, where a newsroom embeds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from digest.models import Article, Edition, Problem


class RemotePictures:
    """What is at the addresses of pictures; each is fetched once, however many editions show it."""

    def __init__(self, fetch: Callable[[Sequence[str]], Mapping[str, bytes | Problem]]) -> None:
        """`fetch` gives what is at each address, or the Problem with it."""
        self._fetch = fetch
        self._found: dict[str, bytes | Problem] = {}

    def into(self, edition: Edition) -> tuple[Edition, list[Problem]]:
        """The edition with its pictures at hand, and the problems with those that stay where they are."""
        addresses = list(dict.fromkeys(_remote(edition.articles)))
        self._found.update(self._fetch([url for url in addresses if url not in self._found]))
        problems = [
            Problem(found.where, found.what, "the picture is shown from there")
            for url in addresses
            if isinstance(found := self._found[url], Problem)
        ]
        sections = tuple(
            replace(section, articles=tuple(map(self._with_picture, section.articles))) for section in edition.sections
        )
        return replace(edition, lead=self._with_picture(edition.lead), sections=sections), problems

    def _with_picture(self, article: Article) -> Article:
        found = self._found.get(article.image.url) if article.image else None
        if article.image is None or not isinstance(found, bytes):
            return article
        return replace(article, image=replace(article.image, data=found))


def _remote(articles: Iterable[Article]) -> Iterable[str]:
    return (article.image.url for article in articles if article.image and article.image.url)
