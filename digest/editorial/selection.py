"""Which articles are in the window and new, each story once, and why the others are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editorial.identity import fold_headline, identify
from digest.editorial.news import news_time
from digest.models import Article, FetchResult, FirstSeen, Window

_CLOCK_SKEW = timedelta(minutes=10)
"""How far in the future a date may be and still mean now: servers' clocks differ."""

_TELLING_HEADLINE = 12
"""Letters a headline must have for two sources' to be the same story by it: "Letters" or "Weather" are not."""


_WIRE_WORDS = 6
_WIRE_SHARE = 0.8
"""Two sources' headlines of at least so many words that share this part of them are the same wire story."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An article the edition does not take, and why, in words for an editor.

    `same_as` is the identity of the story it was folded into: who gets that has had this too.
    """

    article: Article
    reason: str
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """What an edition takes, newest first, and what it leaves out."""

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
    """Choose the stories of an edition.

    Two articles are one story when their identity is the same, or the headline in two different sources. The story is
    then the first source's, with the categories of both. An article without a date counts as published when it was
    first seen and keeps having none, so that nothing claims to know its age.

    Args:
        results: What the sources gave, in the order of the configuration.
        windows: Each source's window by its name.
        now: The moment the edition is composed at.
        already_sent: Identities of articles that readers have had, with the edition they were in.
        first_seen: When each article was first seen, by identity; one that is not in it is seen now.
        timezone: Where times in reasons are told.
    """
    chosen: dict[str, Article] = {}
    by_headline: dict[str, str] = {}
    had = _had_by_headline(results, already_sent)
    seen = first_seen or {}
    left_out: list[LeftOut] = []
    for result in results:
        for article in result.articles:
            identity = identify(article)
            key = _headline_key(article)
            if reason := (
                _why_had(article, already_sent.get(identity), had.get(key))
                or _why_not_now(article, windows[result.source.name], now, timezone, seen.get(identity))
            ):
                left_out.append(LeftOut(article, reason))
                continue
            same = identity if identity in chosen else by_headline.get(key) or _wire_copy(article, chosen)
            if same and (same == identity or chosen[same].source != article.source or _is_whole_line(article)):
                left_out.append(LeftOut(article, f"the same story as {_named(chosen[same])}", same))
                chosen[same] = _merge(chosen[same], article)
                continue
            chosen[identity] = article
            if key:
                by_headline.setdefault(key, identity)
    # A stable sort: stories of the same minute stay in the order of the sources.
    stories = sorted(chosen.values(), key=lambda item: news_time(item, seen.get(identify(item)), now), reverse=True)
    return Selection(tuple(stories), tuple(left_out))


def _had_by_headline(results: Sequence[FetchResult], already_sent: Mapping[str, str]) -> dict[str, tuple[Article, str]]:
    """What readers have had and the sources still list, by headline, with its edition.

    A second source's copy of it has another address, so the ledger does not know it: without a date, or dated later,
    it would be news again the next day.
    """
    return {
        key: (article, already_sent[identity])
        for result in results
        for article in result.articles
        if (key := _headline_key(article)) and (identity := identify(article)) in already_sent
    }


def _why_had(article: Article, sent_in: str | None, twin: tuple[Article, str] | None) -> str:
    if sent_in:
        return f"already sent in {sent_in}"
    if twin and twin[0].source != article.source:
        return f"the same story as {_named(twin[0])}, already sent in {twin[1]}"
    return ""


def _why_not_now(article: Article, window: Window, now: datetime, timezone: str, seen: FirstSeen | None) -> str:
    news = news_time(article, seen, now)
    when = f"{news.astimezone(ZoneInfo(timezone)):%d %b %Y %H:%M}"
    if news > now + _CLOCK_SKEW:
        return f"dated in the future, {when}: waits until then"
    if news <= window.start:
        return f"before the window, {'published' if news == article.published else 'first seen'} {when}"
    return ""


def _is_whole_line(article: Article) -> bool:
    """Whether a headline is too long to come twice in one source by chance: then the story was posted twice."""
    return len(fold_headline(article.headline).split()) >= _WIRE_WORDS


def _wire_copy(article: Article, chosen: Mapping[str, Article]) -> str:
    """The identity of another source's story with nearly the same headline, as two desks give a wire story; or none."""
    words = set(fold_headline(article.headline).split())
    if len(words) < _WIRE_WORDS:
        return ""
    for identity, other in chosen.items():
        if other.source != article.source:
            others = set(fold_headline(other.headline).split())
            if len(words & others) >= _WIRE_SHARE * len(words | others):
                return identity
    return ""


def _headline_key(article: Article) -> str:
    folded = fold_headline(article.headline)
    return folded if len(folded) >= _TELLING_HEADLINE else ""


def _named(article: Article) -> str:
    return f"{article.url or article.headline} of {article.source}"


def _merge(first: Article, second: Article) -> Article:
    """One story from two tellings: the first's words, the categories of both, and what the first lacks."""
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
