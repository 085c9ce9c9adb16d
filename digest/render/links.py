"""Rewrite the links to the site: https instead of http, and parameters that say where the reader came from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from digest.models import Article, Edition


def rewrite_links(edition: Edition, parameters: Mapping[str, str], *, https: bool = True) -> Edition:
    """Return the edition with the links to its stories and to its sections' pages rewritten.

    Links get the parameters (`utm_source` and the like). With `https`, links and pictures that are http become https.
    """

    def secure(url: str) -> str:
        return upgrade_to_https(url) if https else url

    def rewrite_article(article: Article) -> Article:
        image = article.image and replace(article.image, url=secure(article.image.url))
        return replace(article, url=add_parameters(secure(article.url), parameters), image=image)

    return replace(
        edition,
        lead=rewrite_article(edition.lead),
        sections=tuple(
            replace(
                section,
                articles=tuple(map(rewrite_article, section.articles)),
                url=add_parameters(secure(section.url), parameters),
            )
            for section in edition.sections
        ),
    )


def upgrade_to_https(url: str) -> str:
    """Return the URL with https for http, if it is a host name at http's default port.

    A URL with a port or an IP address is left alone: somebody wrote it that way for a reason.
    """
    return re.sub(r"(?i)^http://(?=[^/?#:@\[]*[a-z][^/?#:@\[]*(?:[/?#]|$))", "https://", url)


def add_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Return the URL with those parameters that it does not have yet; the rest of it stays exactly as it is."""
    try:
        query = urlsplit(url).query
    except ValueError:  # a feed may hold "http://[", which leads nowhere with or without parameters
        return url
    present = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    added = urlencode({name: value for name, value in parameters.items() if name not in present})
    if not url or not added:
        return url
    before, hash_, fragment = url.partition("#")
    _, question_mark, raw_query = before.partition("?")
    separator = "?" if not question_mark else "" if not raw_query or raw_query.endswith("&") else "&"
    return f"{before}{separator}{added}{hash_}{fragment}"
