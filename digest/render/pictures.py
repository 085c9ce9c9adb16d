"""Prepare the pictures of one email: remote ones stay at their URL, local ones are attached."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from digest.models import Image, InlineImage, Problem
from digest.render.image_format import ImageFormat, sniff
from digest.render.sanitize import sanitize_url

MAX_PICTURE_BYTES = 1_000_000
"""Bytes of one attached picture: every reader is sent every one of them."""
MAX_EMBEDDED_BYTES = 5_000_000
"""Bytes of all attached pictures that were remote: mail servers refuse emails of 10 to 25 MB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What an `<img>` needs: its source, its alt text, and the pixels it is shown at (0 where unknown)."""

    src: str
    alt: str = ""
    width: int = 0
    height: int = 0


_Attachment = tuple[InlineImage, ImageFormat]


class Pictures:
    """The pictures of one email: each local file is attached once, one that cannot be read is a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._attachments: dict[Path | str, _Attachment | None] = {}
        """By file, or by URL for what was remote."""
        self._embedded_bytes = 0

    @property
    def attached(self) -> tuple[InlineImage, ...]:
        """The pictures that are attached; two files with the same content are one."""
        by_content: dict[str, InlineImage] = {}
        for attachment in filter(None, self._attachments.values()):
            by_content.setdefault(attachment[0].cid, attachment[0])
        return tuple(by_content.values())

    def fit(self, image: Image | None, width: int, height: int) -> Picture | None:
        """Return the picture scaled to fit a box in pixels, never enlarged; None where there is none."""
        if image is None:
            return None
        if attachment := self._attach(image):
            inline, known = attachment
            return Picture(f"cid:{inline.cid}", image.alt, *_scale(known.width, known.height, width, height))
        url = sanitize_url(image.url)
        return Picture(url, image.alt, *_scale(image.width, image.height, width, height)) if url else None

    def _attach(self, image: Image) -> _Attachment | None:
        """Return the picture as an attachment, None where it is not one; it is a problem if it should have been."""
        key = image.file or (image.data and image.url)
        if not key:
            return None
        if key not in self._attachments:
            try:
                self._attachments[key] = _read(image.file) if image.file else self._embed(image)
            except (OSError, ValueError) as error:
                message = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
                hint = "the picture is left out" if image.file else "the picture is shown from its URL"
                self.problems.append(Problem(str(key), message, hint))
                self._attachments[key] = None
        return self._attachments[key]

    def _embed(self, image: Image) -> _Attachment:
        attachment = _to_attachment(image.data, urlsplit(image.url).path.rpartition("/")[2])
        if self._embedded_bytes + len(image.data) > MAX_EMBEDDED_BYTES:
            raise ValueError(f"would bring the pictures of one email to more than {MAX_EMBEDDED_BYTES:,} bytes")
        self._embedded_bytes += len(image.data)
        return attachment


def _read(file: Path) -> _Attachment:
    size = file.stat().st_size
    if size > MAX_PICTURE_BYTES:  # before it is read into memory
        raise ValueError(f"has {size:,} bytes, more than {MAX_PICTURE_BYTES:,}")
    return _to_attachment(file.read_bytes(), file.name)


def _to_attachment(data: bytes, name: str) -> _Attachment:
    """Return a picture as an attachment. Raises ValueError for one that mail programs cannot show."""
    if len(data) > MAX_PICTURE_BYTES:
        raise ValueError(f"has {len(data):,} bytes, more than {MAX_PICTURE_BYTES:,}")
    image_format = sniff(data)
    if image_format is None:
        raise ValueError("is not a PNG, JPEG, GIF or WebP")
    # Named by content, so that the same edition rendered twice is the same bytes.
    cid = f"{hashlib.sha256(data).hexdigest()[:20]}@digest"
    return InlineImage(cid, name or cid, image_format.media_type, data), image_format


def _scale(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """Return width and height within a box; a picture of unknown size gets the box's width."""
    if not (width > 0 and height > 0):
        return box_width, 0
    scale = min(box_width / width, box_height / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))
