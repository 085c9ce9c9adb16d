"""Links into the site that say where their reader came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from digest.models import Article, Edition


def tagged(edition: Edition, parameters: Mapping[str, str]) -> Edition:
    """The edition with parameters, `utm_source` and the like, on the links to its stories and its sections' pages."""

    def linked(article: Article) -> Article:
        return replace(article, url=with_parameters(article.url, parameters))

    if not parameters:
        return edition
    return replace(
        edition,
        lead=linked(edition.lead),
        sections=tuple(
            replace(
                section,
                articles=tuple(map(linked, section.articles)),
                url=with_parameters(section.url, parameters),
            )
            for section in edition.sections
        ),
    )


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """The URL with the parameters that it does not have yet, the rest of it untouched to the letter."""
    try:
        query = urlsplit(url).query
    except ValueError:  # "http://[" may be in a feed: it leads nowhere, with parameters or without
        return url
    known = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    new = urlencode({name: value for name, value in parameters.items() if name not in known})
    if not url or not new:
        return url
    before, hash_, fragment = url.partition("#")
    joint = "?" if "?" not in before else "" if before.endswith(("?", "&")) else "&"
    return f"{before}{joint}{new}{hash_}{fragment}"
