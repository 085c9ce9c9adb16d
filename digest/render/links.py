"""Links to the site: over https, and saying where their reader came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from digest.models import Article, Edition


def linked(edition: Edition, parameters: Mapping[str, str], *, https: bool = True) -> Edition:
    """The edition with the links to its stories and its sections' pages as they are to be followed.

    With parameters, `utm_source` and the like, and where `https` is wanted with that instead of http, pictures too.
    """

    def secure(url: str) -> str:
        return over_https(url) if https else url

    def of_article(article: Article) -> Article:
        image = article.image and replace(article.image, url=secure(article.image.url))
        return replace(article, url=with_parameters(secure(article.url), parameters), image=image)

    return replace(
        edition,
        lead=of_article(edition.lead),
        sections=tuple(
            replace(
                section,
                articles=tuple(map(of_article, section.articles)),
                url=with_parameters(secure(section.url), parameters),
            )
            for section in edition.sections
        ),
    )


def over_https(url: str) -> str:
    """The URL with https for http, where a name is at http's own port: a port or an address is told for a reason."""
    return re.sub(r"(?i)^http://(?=[^/?#:@\[]*[a-z][^/?#:@\[]*(?:[/?#]|$))", "https://", url)


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
    _, mark, told = before.partition("?")
    joint = "?" if not mark else "" if not told or told.endswith("&") else "&"
    return f"{before}{joint}{new}{hash_}{fragment}"
