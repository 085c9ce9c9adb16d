"""The email alone, as a frame of the desk shows it."""

from __future__ import annotations

import re

from digest.inspection.preview import Preview

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-same-origin"
)
"""An email runs no scripts here and leads nowhere; the desk itself may look into it, to find the place of a finding."""
_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")


def policy(*, with_images: bool) -> str:
    """Return the Content-Security-Policy of a frame."""
    return _POLICY.format(images="data: https: http:" if with_images else "'none'")


def render_frame(preview: Preview, *, part: str, scheme: str) -> tuple[str, str]:
    """Return what a frame shows, and its media type: the email, or in plain text why there is none.

    `part` is "text" or "source" for those, anything else for the HTML; `scheme` is the reader's, "dark" or "light".
    """
    if preview.edition is None:
        return preview.composition.no_news_reason, "text/plain"
    if part == "text":
        return preview.text, "text/plain"
    if part == "source":
        return preview.html, "text/plain"
    return _DARK.sub("all" if scheme == "dark" else "not all", preview.html), "text/html"
