"""Selects the articles that are new and in the window, each story once, and says why the others are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.identity import identify, normalize_headline
from digest.editorial.news import get_effective_date
from digest.models import Article, FetchResult, FirstSeen, Window

_CLOCK_SKEW = timedelta(minutes=10)
"""How far in the future a date may be and still mean now: servers' clocks differ."""

_MIN_HEADLINE_LENGTH = 12
"""Two sources' articles are the same story by headline only if it has this many letters: "Letters" or "Weather" are
too common."""

_WIRE_WORDS = 6
_WIRE_SHARE = 0.8
"""Two sources' headlines of at least this many words that share this part of them are the same wire story."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An article that the edition does not take, and the reason, worded for an editor.

    `same_as` is the identity of the story it was merged into: readers who get that story have had this article too.
    """

    article: Article
    reason: str
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The stories an edition takes, newest first, and the articles it leaves out."""

    stories: tuple[Article, ...]
    left_out: tuple[LeftOut, ...] = ()


def select(
    results: Sequence[FetchResult],
    windows: Mapping[str, Window],
    *,
    now: datetime,
    already_sent: Mapping[str, str],
    first_seen: Mapping[str, FirstSeen] | None = None,
    timezone: str = "UTC",
) -> Selection:
    """Select the stories of an edition.

    Two articles are one story if they have the same identity, or the same headline in two different sources. The story
    is then the first source's, with the categories of both. An article without a date counts as published when it was
    first seen, but gets no date, so that no reader is shown an age that nobody knows.

    Args:
        results: What the sources returned, in the order of the configuration.
        windows: Each source's window by its name.
        now: When the edition is composed.
        already_sent: The identities of articles that readers have had, with the edition each was in.
        first_seen: When each article was first seen, by identity; one that is missing is seen now.
        timezone: The time zone of the times in reasons.
    """
    chosen: dict[str, Article] = {}
    by_headline: dict[str, str] = {}
    sent_by_headline = _index_sent_by_headline(results, already_sent)
    seen = first_seen or {}
    left_out: list[LeftOut] = []
    for result in results:
        for article in result.articles:
            identity = identify(article)
            key = _headline_key(article)
            if reason := (
                _why_already_sent(article, already_sent.get(identity), sent_by_headline.get(key))
                or _why_outside_window(article, windows[result.source.name], now, timezone, seen.get(identity))
            ):
                left_out.append(LeftOut(article, reason))
                continue
            same = identity if identity in chosen else by_headline.get(key) or _find_wire_copy(article, chosen)
            if same and (same == identity or chosen[same].source != article.source or _has_long_headline(article)):
                left_out.append(LeftOut(article, f"same story as {_describe(chosen[same])}", same))
                chosen[same] = _merge(chosen[same], article)
                continue
            chosen[identity] = article
            if key:
                by_headline.setdefault(key, identity)
    # The sort is stable: stories of the same minute stay in the order of the sources.
    stories = sorted(
        chosen.values(), key=lambda item: get_effective_date(item, seen.get(identify(item)), now), reverse=True
    )
    return Selection(tuple(stories), tuple(left_out))


def _index_sent_by_headline(
    results: Sequence[FetchResult], already_sent: Mapping[str, str]
) -> dict[str, tuple[Article, str]]:
    """Return the articles that were sent and that sources still list, by headline, each with its edition.

    A second source's copy has another address, so it is not recorded as sent: without a date, or with a later one, it
    would be news again the next day.
    """
    return {
        key: (article, already_sent[identity])
        for result in results
        for article in result.articles
        if (key := _headline_key(article)) and (identity := identify(article)) in already_sent
    }


def _why_already_sent(article: Article, sent_in: str | None, twin: tuple[Article, str] | None) -> str:
    """Return the reason to leave out an article that readers have had, empty if they have not."""
    if sent_in:
        return f"already sent in {sent_in}"
    if twin and twin[0].source != article.source:
        return f"same story as {_describe(twin[0])}, already sent in {twin[1]}"
    return ""


def _why_outside_window(article: Article, window: Window, now: datetime, timezone: str, seen: FirstSeen | None) -> str:
    """Return the reason to leave out an article that is too old or not due yet, empty if it is neither."""
    date = get_effective_date(article, seen, now)
    shown = f"{date.astimezone(ZoneInfo(timezone)):%d %b %Y %H:%M}"
    if date > now + _CLOCK_SKEW:
        return f"dated in the future ({shown}): held until then"
    if date <= window.start:
        return f"{'published' if date == article.published else 'first seen'} before the window ({shown})"
    return ""


def _has_long_headline(article: Article) -> bool:
    """Return whether a headline is too long to occur twice in one source by chance: then the story was posted twice."""
    return len(normalize_headline(article.headline).split()) >= _WIRE_WORDS


def _find_wire_copy(article: Article, chosen: Mapping[str, Article]) -> str:
    """Return the identity of another source's story with nearly the same headline, empty if there is none.

    Two newsrooms that run the same wire story change a word or two of its headline.
    """
    words = set(normalize_headline(article.headline).split())
    if len(words) < _WIRE_WORDS:
        return ""
    for identity, other in chosen.items():
        if other.source != article.source:
            others = set(normalize_headline(other.headline).split())
            if len(words & others) >= _WIRE_SHARE * len(words | others):
                return identity
    return ""


def _headline_key(article: Article) -> str:
    headline = normalize_headline(article.headline)
    return headline if len(headline) >= _MIN_HEADLINE_LENGTH else ""


def _describe(article: Article) -> str:
    return f"{article.url or article.headline} from {article.source}"


def _merge(first: Article, second: Article) -> Article:
    """Return one story from two: the first's words, the categories of both, and whatever else the first lacks."""
    known = {category.casefold() for category in first.categories}
    more = tuple(category for category in second.categories if category.casefold() not in known)
    return replace(
        first,
        categories=first.categories + more,
        summary=first.summary or second.summary,
        published=first.published or second.published,
        authors=first.authors or second.authors,
        image=first.image or second.image,
        pinned=first.pinned or second.pinned,
        also_in=tuple(dict.fromkeys((*first.also_in, *((second.source,) if second.source != first.source else ())))),
    )
