"""When two articles are the same story: by address, by the source's own id, or by headline."""

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
"""Parameters that say where a visitor came from, or which visit this is."""

_TRACKING_UNLESS_A_NUMBER = re.compile(r"ref|source|via|feature|rss|partner", re.IGNORECASE)
"""Parameters that do so if their value is a word (`?source=rss`); a number (`?feature=42`) may identify the story."""


def identify(article: Article) -> str:
    """Return what identifies a story across runs: its canonical URL, or its guid, or a hash of source and headline."""
    if article.url:
        return canonicalize(article.url)
    if article.guid:
        return f"guid:{article.source}:{article.guid}"
    digest = hashlib.sha256(f"{article.source}\n{normalize_headline(article.headline)}".encode()).hexdigest()
    return f"sha256:{digest[:32]}"


def canonicalize(url: str) -> str:
    """Return a URL without the parts that do not change the page.

    These are the scheme, `www.`, tracking parameters, the fragment and a trailing slash. w3lib normalises case, escapes
    and the order of parameters (RFC 3986, 6.2).
    """
    try:
        tracking = [
            name
            for name, _, value in (part.partition("=") for part in urlsplit(url).query.split("&"))
            if _TRACKING.fullmatch(name) or (_TRACKING_UNLESS_A_NUMBER.fullmatch(name) and not value.isdigit())
        ]
        # By default the cleaner would drop a parameter's second value, even of parameters that stay.
        cleaned = url_query_cleaner(url, tracking, remove=True, unique=False) if tracking else url
        canonical = canonicalize_url(cleaned)
    except ValueError:  # not a URL after all, like `http://[`: then it identifies itself
        return url
    canonical = re.sub(r"^https?://(?:www\.)?", "", canonical, flags=re.IGNORECASE)
    canonical = re.sub(r"^([^/?]+):(?:80|443)(?=[/?]|$)", r"\1", canonical)
    canonical = re.sub(r";jsessionid=[^/?;]*", "", canonical, flags=re.IGNORECASE)
    return re.sub(r"^([^?]*?)/+(?=\?|$)", r"\1", canonical)


def normalize_headline(headline: str) -> str:
    """Return a headline reduced to its letters and digits, to compare what two newsrooms typed."""
    folded = unicodedata.normalize("NFKC", headline).casefold()
    return " ".join("".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in folded).split())
