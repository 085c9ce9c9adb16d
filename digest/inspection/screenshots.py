"""Take screenshots of an email as a phone and a desktop show it, in light and dark, with an installed Chromium."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from digest.errors import UsageError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDTHS = {"phone": 375, "desktop": 800}
"""CSS pixels of the window the email is shown in."""
SCHEMES = {"light": 1, "dark": 0}
"""Chromium's numbers for `prefers-color-scheme`."""

_PATIENCE = 60
"""Seconds for one screenshot: remote pictures take a while."""
_LONGEST = 16_000
"""Pixels of height: what Chromium still paints whole."""
_AS_ROOT = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
"""Chromium's sandbox does not work for root; other users keep it."""
_MEASURE = """<script>onload = () => {
  const page = document.querySelector("iframe").contentDocument.documentElement;
  document.title = "height " + page.scrollHeight;
}</script>"""


def take(email: str, beside: Path) -> list[Path]:
    """Take screenshots of an email's HTML and write them beside a file: `preview-phone-dark.png`.

    Raises:
        UsageError: no Chromium is installed, it fails, or a screenshot cannot be written.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UsageError(
            "no browser to take screenshots with",
            location="--png",
            hint="install Chromium or Google Chrome, so that `chromium` or `google-chrome` can be run",
        )
    taken = []
    with tempfile.TemporaryDirectory(prefix="digest-") as folder:
        for device, width in WIDTHS.items():
            # A window of Chromium's is never as narrow as a phone: the email is in a frame that is.
            page = Path(folder) / f"{device}.html"
            height = _height(browser, page, email, width)
            _write_page(page, email, width, height)
            for scheme, number in SCHEMES.items():
                picture = beside.with_name(f"{beside.stem}-{device}-{scheme}.png")
                screenshot = Path(folder) / "picture.png"
                settings = f"--blink-settings=preferredColorScheme={number}"
                _run(browser, page, [settings, f"--window-size={width},{height}", f"--screenshot={screenshot}"])
                try:
                    shutil.copyfile(screenshot, picture)
                except OSError as error:
                    raise UsageError(f"cannot be written: {error.strerror}", location=str(picture)) from None
                taken.append(picture)
    return taken


def _write_page(page: Path, email: str, width: int, height: int) -> None:
    style = f"<style>body{{margin:0}}iframe{{border:0;width:{width}px;height:{height}px}}</style>"
    # Same origin, or the page could not measure it; no script of the email's runs.
    frame = f'<iframe sandbox="allow-same-origin" srcdoc="{html.escape(email)}"></iframe>'
    page.write_text(f'<!DOCTYPE html><meta charset="utf-8">{style}{_MEASURE}{frame}', encoding="utf-8")


def _height(browser: str, page: Path, email: str, width: int) -> int:
    """Return the height in pixels of the whole email at a width."""
    _write_page(page, email, width, 600)
    found = re.search(r"<title>height (\d+)</title>", _run(browser, page, ["--dump-dom"]))
    if found is None:
        raise UsageError("the browser does not show the email", location=browser, hint="open the HTML with --open")
    return min(int(found[1]), _LONGEST)


def _run(browser: str, page: Path, options: Sequence[str]) -> str:
    """Run Chromium on a page; return what it prints."""
    command = [
        browser, "--headless", *_AS_ROOT, "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        "--disable-background-networking", f"--user-data-dir={page.parent / 'profile'}",
        "--virtual-time-budget=10000", *options, page.as_uri(),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=True)  # noqa: S603 - our own words
    except (OSError, subprocess.SubprocessError) as error:
        why = " ".join(str(error).split())[:200]
        raise UsageError(f"the browser cannot take the screenshot: {why}", location=browser) from None
    return done.stdout
