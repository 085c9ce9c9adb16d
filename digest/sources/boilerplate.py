"""What sites put after every excerpt, taken off: "The post X appeared first on Y", "Continue reading", "[…]"."""

from __future__ import annotations

import re

_MORE = "(?:Continue reading|Read more|Read the rest of this (?:entry|article)|Weiterlesen|Lire la suite|Leer más):?"
_ENDS = r"[\s.…→»\u203a]*\]?$"

# WordPress in its languages: what its feeds put before the headline, and what after it.
_POST = (
    r"(?:The post|Der Beitrag|Cet article|L['\u2019]article|La entrada|L['\u2019]articolo|O post|O conteúdo"
    r"|Het bericht|Inlägget|Artykuł)"
)
_ON_SITE = (
    "(?:appeared first on|first appeared on|erschien zuerst auf|est apparu en premier sur"
    "|(?:se publicó|apareció|aparece) primero en|proviene da|sembra essere il primo su"
    "|(?:apareceu|aparece) primeiro em|verscheen eerst op|dök först upp på|pochodzi z serwisu)"
    r" [^.!?]{1,80}(?:\.[^\s.]+)*\.?$"
)
_AROUND_HEADLINE = (
    (re.compile(rf"(?:^|\s){_POST} [\"“«]?$"), re.compile(rf"[\"”»]? {_ON_SITE}")),
    (re.compile(rf"(?:^|\s)\[?{_MORE} [\"“«]?$"), re.compile(rf"[\"”»]?{_ENDS}")),
)
_MORE_AT_END = re.compile(
    rf"(?:^|\s)\[?{_MORE}(?: [^→»\u203a]{{1,120}}(?=[→»\u203a])| of this story at [^.!?]{{1,80}})?{_ENDS}"
)
_CUT = re.compile(r"\s*\[(?:…|\.\.\.)\]$")


def without_boilerplate(summary: str, headline: str) -> str:
    """An excerpt without what its site put after it; `[…]` becomes `…`.

    Only what cannot be the story's own words goes: the phrase must begin with a capital and end the text, with nothing
    in it but the headline, arrows and the site's name.
    """
    while (shorter := _shortened(summary, headline)) != summary:
        summary = shorter
    return _CUT.sub("…" if _CUT.sub("", summary) else "", summary)


def _shortened(summary: str, headline: str) -> str:
    before, found, after = summary.rpartition(headline) if headline else (summary, "", "")
    for opening, closing in _AROUND_HEADLINE if found else ():
        if (start := opening.search(before)) and closing.match(after):
            return _trimmed(before[: start.start()])
    return _trimmed(_MORE_AT_END.sub("", summary))


def _trimmed(text: str) -> str:
    return text.rstrip().removesuffix(" ·")  # which parts paragraphs, as of `clean.text_of_html`
