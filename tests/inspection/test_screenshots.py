"""Screenshots of an email by the installed Chromium, and a clear error where there is none."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from digest.errors import UsageError
from digest.inspection.screenshots import BROWSERS, take

EMAIL = """<!DOCTYPE html><style>body{margin:0;background:#fff}
@media (prefers-color-scheme:dark){body{background:#101010}}</style><div style="height:1234px">A story</div>"""


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason=f"none of {', '.join(BROWSERS)} on the PATH")
def test_a_screenshot_shows_the_whole_email_at_both_widths_in_both_schemes(tmp_path: Path) -> None:
    taken = take(EMAIL, tmp_path / "preview.html")
    assert [file.name for file in taken] == [
        "preview-phone-light.png",
        "preview-phone-dark.png",
        "preview-desktop-light.png",
        "preview-desktop-dark.png",
    ]
    seen = []
    for file in taken:
        with Image.open(file) as picture:
            seen.append((picture.size, picture.convert("RGB").getpixel((5, 1200))))
    white, dark = (255, 255, 255), (16, 16, 16)
    assert seen == [((375, 1234), white), ((375, 1234), dark), ((800, 1234), white), ((800, 1234), dark)]


def test_without_a_browser_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no browser to take screenshots with; install Chromium"):
        take(EMAIL, tmp_path / "preview.html")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\nexit 7\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="the browser cannot take the screenshot"):
        take(EMAIL, tmp_path / "preview.html")
