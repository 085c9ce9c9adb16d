"""What an editor should mend in a finished email before it goes out: pure rules over a Message."""

from digest.lint.baseline import BASELINE
from digest.lint.clients import DEFAULT_CLIENTS, Support, load_support
from digest.lint.email import lint
from digest.lint.findings import Finding
from digest.lint.links import broken_links, links
from digest.lint.size import GMAIL_CLIP_SIZE

__all__ = [
    "BASELINE",
    "GMAIL_CLIP_SIZE",
    "DEFAULT_CLIENTS",
    "Finding",
    "Support",
    "broken_links",
    "links",
    "lint",
    "load_support",
]
