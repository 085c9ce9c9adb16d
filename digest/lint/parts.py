"""Whether the plain-text part tells what the HTML part tells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page, cut, letters_of, place_of, text_of

_NEXT_STEP = "add it to the text templates digest.txt and story.txt"


def of_parts(page: Page, text: str) -> Iterator[Finding]:
    """Findings about headlines and their links that the text part lacks."""
    if not text.strip():
        what = "is empty, and filters mistrust a mail without one"
        yield serious("text-missing", what, "text part", "write the template digest.txt")
        return
    told = letters_of(text)
    for heading in page.named("h2", "h3"):
        if letters_of(text_of(heading)) not in told:
            what = "the text part lacks this headline"
            yield minor("text-differs", what, f'"{cut(text_of(heading))}"', _NEXT_STEP)
        around = heading.iterancestors("a")
        for link in chain(heading.iter("a"), around):
            if (url := link.get("href", "")).startswith(("http://", "https://")) and letters_of(url) not in told:
                what = "the text part lacks the link of this headline"
                yield minor("text-differs", what, place_of(heading), _NEXT_STEP)
