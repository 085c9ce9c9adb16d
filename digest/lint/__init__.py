"""Check a finished email before it goes out: pure rules over a Message, each with a hint how to fix what it finds.

It may import core, models and errors only. It neither renders nor sends, and fetches nothing: checking links takes a
function that fetches them.
"""

from digest.lint.baseline import BASELINE
from digest.lint.caniemail import Support, load_support
from digest.lint.client_support import DEFAULT_CLIENTS
from digest.lint.email import lint
from digest.lint.findings import Finding
from digest.lint.links import find_broken_links, list_links
from digest.lint.message_parts import GMAIL_CLIP_SIZE

__all__ = [
    "BASELINE",
    "DEFAULT_CLIENTS",
    "GMAIL_CLIP_SIZE",
    "Finding",
    "Support",
    "find_broken_links",
    "lint",
    "list_links",
    "load_support",
]
