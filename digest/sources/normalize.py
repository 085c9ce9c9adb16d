"""Normalises what sources say into an article's fields: its URL, authors, summary and headline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin, urlsplit

from digest.core.text import clean_line
from digest.models import Author
from digest.sources.sanitize import strip_markup

MAX_SUMMARY_LENGTH = 2_000
"""How many characters of an article's text are kept; the excerpt in the email is cut from them later."""

MAX_HEADLINE_LENGTH = 500

_MAX_DERIVED_HEADLINE_LENGTH = 100
_MAX_WORD_LENGTH = 50


def as_string(value: Any) -> str:
    """Return a value from JSON if it is a string, else an empty string."""
    return value if isinstance(value, str) else ""


def absolute_url(value: str, base: str) -> str:
    """Return an absolute http or https URL, empty if the value is not one; `base` is what relative URLs refer to."""
    # An empty link joined to a feed's address would give that address.
    reference = "".join(value.split())
    try:
        url = urljoin(base, reference) if reference else ""
        urlsplit(url)  # urljoin does not check a URL without a base
    except ValueError:
        return ""
    return url if re.match(r"https?://[^/]", url, re.IGNORECASE) and clean_line(url) == url else ""


def parse_author(name: str) -> Author | None:
    """Return the author named `Jane Doe`, `jane@example.com (Jane Doe)` or `Jane Doe <jane@example.com>`.

    None if it names nobody: an address alone is not a name.
    """
    text = strip_markup(name)
    if bracketed := re.fullmatch(r"\S+@\S+\s+\((.+)\)", text):
        text = bracketed[1]
    elif "@" in text:
        text = parseaddr(text)[0]
    text = re.sub(r"^(?:(?:article|written|posted|story)\s+)?by\b\s*", "", text, flags=re.IGNORECASE)
    return Author(text[:100]) if text else None


def parse_authors(names: Iterable[str]) -> tuple[Author, ...]:
    """Return the authors among some names."""
    return tuple(author for name in names if name and (author := parse_author(name)))


def truncate_summary(summary: str) -> str:
    """Return the first MAX_SUMMARY_LENGTH characters, cut between words if the script separates words by spaces."""
    if len(summary) <= MAX_SUMMARY_LENGTH:
        return summary
    kept, _, partial_word = summary[: MAX_SUMMARY_LENGTH + 1].rpartition(" ")
    return kept if kept and len(partial_word) < _MAX_WORD_LENGTH else summary[:MAX_SUMMARY_LENGTH]


def derive_headline(summary: str) -> str:
    """Return a headline for an entry without one, as in social feeds: its first sentence, or the start of it."""
    sentence = re.split(r"(?<=[.!?])\s|(?<=[\u3002\uff01\uff1f])", summary, maxsplit=1)[0]
    if len(sentence) > _MAX_DERIVED_HEADLINE_LENGTH:
        sentence = sentence[:_MAX_DERIVED_HEADLINE_LENGTH].rsplit(" ", 1)[0] + "…"
    return sentence.strip()


# --- what sites add to every excerpt: "The post X appeared first on Y", "Continue reading", "[…]" ---------------------

_MORE = "(?:Continue reading|Read more|Read the rest of this (?:entry|article)|Weiterlesen|Lire la suite|Leer más):?"
_END = r"[\s.…→»\u203a]*\]?$"

# WordPress in its languages: what its feeds put before the headline, and what after it.
_POST = (
    r"(?:The post|Der Beitrag|Cet article|L['\u2019]article|La entrada|L['\u2019]articolo|O post|O conteúdo"
    r"|Het bericht|Inlägget|Artykuł)"
)
_APPEARED_ON = (
    "(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur"
    "|(?:se publicó|apareció|aparece) primero en|proviene da|sembra essere il primo su"
    "|(?:apareceu|aparece) primeiro em|verscheen eerst op|dök först upp på|pochodzi z serwisu)"
    r" [^.!?]{1,80}(?:\.[^\s.]+)*\.?$"
)
_AROUND_HEADLINE = (
    (re.compile(rf"(?:^|\s){_POST} [\"“«]?$"), re.compile(rf"[\"”»]? {_APPEARED_ON}")),
    (re.compile(rf"(?:^|\s)\[?{_MORE} [\"“«]?$"), re.compile(rf"[\"”»]?{_END}")),
)
_MORE_AT_END = re.compile(
    rf"(?:^|\s)\[?{_MORE}(?: [^→»\u203a]{{1,120}}(?=[→»\u203a])| of this story at [^.!?]{{1,80}})?{_END}"
)
_ELLIPSIS_AT_END = re.compile(r"\s*\[(?:…|\.\.\.)\]$")


def strip_boilerplate(summary: str, headline: str) -> str:
    """Return an excerpt without what its site added to it; `[…]` becomes `…`.

    Only what cannot be the story's own words is removed: the phrase must start with a capital letter and end the text,
    with nothing in it but the headline, arrows and the site's name.
    """
    while (shorter := _strip_once(summary, headline)) != summary:
        summary = shorter
    return _ELLIPSIS_AT_END.sub("…" if _ELLIPSIS_AT_END.sub("", summary) else "", summary)


def _strip_once(summary: str, headline: str) -> str:
    before, found, after = summary.rpartition(headline) if headline else (summary, "", "")
    for opening, closing in _AROUND_HEADLINE if found else ():
        if (start := opening.search(before)) and closing.match(after):
            return _strip_separator(before[: start.start()])
    return _strip_separator(_MORE_AT_END.sub("", summary))


def _strip_separator(text: str) -> str:
    return text.rstrip().removesuffix(" ·")  # which `html_to_text` puts between paragraphs
