"""The email in a real browser: Chromium, at the widths of phones and of desktops, in light and dark."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from playwright.sync_api import Browser

from digest.models import Article, Image, Publication, Section, Source
from digest.render import Layout, RenderedEmail, to_standalone_html
from digest.sources import read_sources
from tests.chromium import needs_chromium

PICTURES = Path(__file__).parents[2] / "articles" / "images"
FEEDS = Path(__file__).parents[1] / "data" / "feeds"
VALUES = {"email": "ada.byron@example.com", "name": "Ada", "unsubscribe_url": "https://www.example.com/leave?t=abc"}
WIDTHS = (320, 375, 600, 800)
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)

pytestmark = needs_chromium

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]

LOOK = """
function luminance(colour) {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(element) {
  let under = element;
  while (under && /, 0\\)$/.test(getComputedStyle(under).backgroundColor)) under = under.parentElement;
  const two = [luminance(getComputedStyle(element).color), under ? luminance(getComputedStyle(under).backgroundColor) : 1].sort((a, b) => a - b);
  return (two[1] + 0.05) / (two[0] + 0.05);
}
function look(frame) {
  const page = frame.contentDocument, view = frame.contentWindow, elements = [...page.querySelectorAll('.paper *')];
  const withText = elements.filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const seen = {
    width: view.innerWidth, dark: view.matchMedia('(prefers-color-scheme: dark)').matches,
    scroll: page.documentElement.scrollWidth,
    contrast: Math.min(...withText.map(e => contrast(e))),
    targets: [...page.querySelectorAll('a.alone')].map(e => e.getBoundingClientRect().height),
    smallest: Math.min(...withText.map(e => parseFloat(getComputedStyle(e).fontSize))),
    logoWidths: [...page.querySelectorAll('h1 img')].map(e => e.getBoundingClientRect().width),
    headlines: page.querySelectorAll('h2, h3').length,
    logos: [...page.querySelectorAll('h1 img')].filter(e => e.getBoundingClientRect().width * e.getBoundingClientRect().height).map(e => e.getAttribute('src')),
  };
  const sizes = withText.map(e => parseFloat(getComputedStyle(e).fontSize));
  withText.forEach((e, i) => { e.style.setProperty('font-size', sizes[i] * 2 + 'px', 'important'); e.style.lineHeight = '1.3'; });
  seen.scrollAtTwice = page.documentElement.scrollWidth;
  return seen;
}
onload = () => {
  document.body.append(Object.assign(document.createElement('pre'), {id: 'seen', textContent: JSON.stringify([...document.querySelectorAll('iframe')].map(look))}));
};
"""


def seen(browser: Browser, folder: Path, mail: str, scheme: Scheme) -> list[dict[str, Any]]:
    """Return what Chromium shows of the email at each width."""
    frames = "".join(
        f'<iframe width="{width}" height="700" frameborder="0" srcdoc="{html.escape(mail)}"></iframe>'
        for width in WIDTHS
    )
    file = folder / "page.html"
    file.write_text(f'<!DOCTYPE html><meta charset="utf-8"><script>{LOOK}</script>{frames}', encoding="utf-8")
    with browser.new_context(color_scheme=scheme) as context:
        context.route(re.compile("https?:"), lambda route: route.abort())
        page = context.new_page()
        page.goto(file.as_uri())
        views: list[dict[str, Any]] = json.loads(page.locator("#seen").text_content() or "")
    return views


def judge(browser: Browser, folder: Path, rendered: RenderedEmail, headlines: int) -> None:
    mail = to_standalone_html(rendered.message, VALUES)
    for scheme in SCHEMES:
        for width, view in zip(WIDTHS, seen(browser, folder, mail, scheme), strict=True):
            assert (view["width"], view["dark"]) == (width, scheme == "dark")
            assert view["scroll"] <= width, f"{scheme}: {view['scroll']} pixels wide in {width}"
            assert view["scrollAtTwice"] <= width, f"{scheme}: {view['scrollAtTwice']} pixels wide in {width} at 200 %"
            assert view["contrast"] >= 4.5
            assert view["smallest"] >= 12
            assert min(view["targets"]) >= 44
            assert view["headlines"] == headlines


@pytest.mark.parametrize("layout", get_args(Layout))
def test_hostile_stories_stay_in_their_place(
    browser: Browser, make: Make, story: Story, tmp_path: Path, layout: Layout
) -> None:
    hostile = ("<script>document.body.remove()</script>", "</style><style>*{width:9999px}", "x" * 5000, "👩\u200d🚒🎉" * 90,
               "\u202eturned round", "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3)  # fmt: skip
    huge = Image("https://www.example.com/40-megapixels.jpg", alt="y" * 400, width=8000, height=5000)
    stories = tuple(
        story(text, summary=text, image=image, also_in=(text,)) for text in hostile for image in (huge, None)
    )
    sections = tuple(Section(text, stories, more=1, url="https://www.example.com/w") for text in hostile[:3])
    judge(browser, tmp_path, make(*stories, sections=sections, layout=layout), 1 + 3 + 3 * len(stories))


@pytest.mark.parametrize(
    ("feed", "language", "layout"),
    [
        (feed, language, layout)
        for (feed, language), layout in product(
            (
                ("english.rss", "en"),
                ("arabic.rss", "ar"),
                ("chinese.atom", "zh"),
                ("german.atom", "de"),
            ),
            get_args(Layout),
        )
    ],
)
def test_stories_in_four_scripts(
    browser: Browser, make: Make, tmp_path: Path, feed: str, language: str, layout: Layout
) -> None:
    (result,) = read_sources([Source("feed", feed, path=FEEDS / feed)], now=NOW)
    stories = [replace(article, published=NOW) for article in result.articles]
    publication = Publication(
        "The Gazette", "https://www.example.com", postal_address="1 Quay Street", colour="#0b6e4f"
    )
    judge(
        browser, tmp_path, make(*stories, publication=publication, language=language, layout=layout), len(stories) + 1
    )


def test_dark_mode_has_its_own_logo(
    browser: Browser, make: Make, story: Story, publication: Publication, tmp_path: Path
) -> None:
    logo, logo_dark = (Image(file=PICTURES / name) for name in ("ferry.png", "heron.png"))
    rendered = make(story(), publication=replace(publication, logo=logo, logo_dark=logo_dark))
    two = to_standalone_html(rendered.message, VALUES)
    day, night = re.findall(r'<img src="([^"]+)"', two)
    one = to_standalone_html(make(story(), publication=replace(publication, logo=logo)).message, VALUES)
    # Outlook.com marks what it has given another background; Gmail on the mobile web drops style blocks and `display`.
    outlook_com = two.replace('class="paper"', 'class="paper" data-ogsb=""')
    gmail = re.sub(r"<style.*?</style>|display:none;", "", two, flags=re.DOTALL)
    assert len({two, outlook_com, gmail}) == 3
    shown_in: tuple[tuple[str, Scheme, str], ...] = (
        (two, "light", day),
        (two, "dark", night),
        (one, "dark", day),
        (outlook_com, "light", night),
        (gmail, "dark", day),
    )
    for mail, scheme, shown in shown_in:
        assert [view["logos"] for view in seen(browser, tmp_path, mail, scheme)] == [[shown]] * len(WIDTHS)
    in_light, in_dark = (seen(browser, tmp_path, one, scheme) for scheme in SCHEMES)
    assert [view["logoWidths"] for view in in_dark] == [view["logoWidths"] for view in in_light]
    judge(browser, tmp_path, rendered, 1)
