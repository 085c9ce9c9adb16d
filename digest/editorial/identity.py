"""When two articles are the same story: by address, by the source's own id, by headline."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url, url_query_cleaner

from digest.models import Article

_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|mkt_tok|_hs(?:enc|mi)|vero_id|cmp|cmpid|ncid|xtor"
    r"|ref_src|smid|smtyp|at_(?:medium|campaign|custom\d)|ns_\w+|ito|ocid|(?:j|php)sess(?:ion)?id",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from, or which visit this is."""

_TRACKING_UNLESS_A_NUMBER = re.compile(r"ref|source|via|feature|rss|partner", re.IGNORECASE)
"""Parameters that do so as words (`?source=rss`); as a number (`?feature=42`) they may name the story itself."""


def identify(article: Article) -> str:
    """What makes a story itself across runs: its canonical URL, else its guid, else a hash of source and headline."""
    if article.url:
        return canonical_url(article.url)
    if article.guid:
        return f"guid:{article.source}:{article.guid}"
    digest = hashlib.sha256(f"{article.source}\n{fold_headline(article.headline)}".encode()).hexdigest()
    return f"sha256:{digest[:32]}"


def canonical_url(url: str) -> str:
    """The URL without what does not change the page: scheme, `www.`, tracking parameters, fragment, trailing slash.

    Case, escapes and the order of parameters are settled by w3lib after RFC 3986, 6.2.
    """
    try:
        tracking = [
            name
            for name, _, value in (part.partition("=") for part in urlsplit(url).query.split("&"))
            if _TRACKING.fullmatch(name) or (_TRACKING_UNLESS_A_NUMBER.fullmatch(name) and not value.isdigit())
        ]
        # By default the cleaner would drop a parameter's second value, even of those that stay.
        cleaned = url_query_cleaner(url, tracking, remove=True, unique=False) if tracking else url
        canonical = canonicalize_url(cleaned)
    except ValueError:  # no URL after all, as `http://[`: itself, then
        return url
    canonical = re.sub(r"^https?://(?:www\.)?", "", canonical, flags=re.IGNORECASE)
    canonical = re.sub(r"^([^/?]+):(?:80|443)(?=[/?]|$)", r"\1", canonical)
    canonical = re.sub(r";jsessionid=[^/?;]*", "", canonical, flags=re.IGNORECASE)
    return re.sub(r"^([^?]*?)/+(?=\?|$)", r"\1", canonical)


def fold_headline(headline: str) -> str:
    """A headline reduced to its letters and digits, to compare what two desks typed."""
    folded = unicodedata.normalize("NFKC", headline).casefold()
    return " ".join("".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in folded).split())
