"""Render an edition into HTML and text, compared with straightforward MJML and premailer's default settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from html import escape

from benchmarks.measure import Row, measured
from benchmarks.sample import NOW, PUBLICATION, edition
from digest.models import Edition, Section

_TIMES = 10


def rows(_scale: float) -> Iterator[Row]:
    """For a usual edition and for a long one."""
    for stories in (25, 100):
        ours, plain = measured(_ours, stories), measured(_plain, stories)
        kilobytes = f"{ours.result / 1000:.0f} kB, naive {plain.result / 1000:.0f} kB"
        task = f"render {stories} stories"
        yield Row(task, _TIMES / ours.seconds, "/s", "naive", _TIMES / plain.seconds, ours.peak, kilobytes)


def _ours(stories: int, begin: Callable[[], None]) -> int:
    from digest.render import render

    render(edition(stories), PUBLICATION, now=NOW)
    begin()
    return [len(render(edition(stories), PUBLICATION, now=NOW).message.html) for _ in range(_TIMES)][-1]


def _plain(stories: int, begin: Callable[[], None]) -> int:
    _naive(edition(stories))
    begin()
    return [len(_naive(edition(stories))) for _ in range(_TIMES)][-1]


def _naive(issue: Edition) -> str:
    import mjml
    import premailer

    def of_section(section: Section) -> str:
        return "".join(
            f'<mj-section><mj-column width="35%"><mj-image src="{article.image and escape(article.image.url)}" />'
            f'</mj-column><mj-column width="65%"><mj-text><h3><a href="{escape(article.url)}">'
            f"{escape(article.headline)}</a></h3><p>{escape(article.summary[:140])}</p></mj-text></mj-column></mj-section>"
            for article in section.articles
        )

    style = "<mj-style>h3 { margin: 0; font-size: 18px } p { margin: 5px 0; color: #555 } a { color: #111 }</mj-style>"
    body = "".join(map(of_section, (Section("", (issue.lead,)), *issue.sections)))
    html = mjml.mjml2html(f"<mjml><mj-head>{style}</mj-head><mj-body>{body}</mj-body></mjml>")
    return str(premailer.transform(html, allow_network=False, cssutils_logging_level=logging.CRITICAL))
