"""A mail without faults, to break one thing at a time, and data about what mail programs support."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digest.lint import Finding, Support, lint, load_support
from digest.models import MergeField, Message

SUPPORT = Path(__file__).with_name("data") / "support.json"
"""Written for these tests in the form of caniemail's `data.json`. Some program lacks each feature of the baseline, and
each that an email may come to use, so a template that starts to use one has a finding."""
HTML = "xtok0123456789x"
TEXT = "xtokabcdef0123x"
GOOD = Message(
    subject="The ferry is back",
    html=f"""<!DOCTYPE html><html lang="en" dir="ltr"><head><title>x</title></head><body>
<!--[if mso]><p>Outlook</p><![endif]--><table role="presentation"><tr><td><h1>The Gazette</h1>
<h2><a href="https://www.example.com/ferry" style="color:#111111">The ferry is back</a></h2><p>It crossed.</p>
<img src="https://www.example.com/ferry.jpg" alt="A ferry" width="600">
<a href="{HTML}" style="color:#111111">Unsubscribe</a></td></tr></table></body></html>""",
    text=f"The ferry is\nback\nhttps://www.example.com/ferry\n\nUnsubscribe: {TEXT}\n",
    merge_fields=(MergeField("unsubscribe_url", HTML, "html"), MergeField("unsubscribe_url", TEXT, "text")),
    headers=(("List-Unsubscribe", f"<{TEXT}>"),),
)
PREHEADER = "A comet over the harbour · A treaty about the strait is signed"


@pytest.fixture
def good() -> Message:
    return GOOD


@pytest.fixture
def check() -> Callable[..., list[Finding]]:
    """Lint the good mail with some of it replaced; `add` is HTML before its end."""

    def checked(
        add: str = "", *, subject: str = GOOD.subject, preheader: str = PREHEADER, **fields: object
    ) -> list[Finding]:
        options = {name: fields.pop(name) for name in ("support", "baseline", "clients") if name in fields}
        message = replace(GOOD, **fields)  # type: ignore[arg-type]
        message = replace(message, html=message.html.replace("</td>", f"{add}</td>"))
        return lint(message, subject=subject, preheader=preheader, **options)  # type: ignore[arg-type]

    return checked


@pytest.fixture(scope="session")
def support() -> Support:
    return load_support(SUPPORT)
