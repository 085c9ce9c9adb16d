"""Pictures as a mail carries them: remote by address, local ones inside the mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from digest.models import Image, InlineImage, Problem
from digest.render.formats import Format, sniff
from digest.render.untrusted import web_link

LARGEST_PICTURE = 1_000_000
"""Bytes of one attached picture: every reader is sent every one of them."""
MOST = 5_000_000
"""Bytes of all pictures that were remote and are attached: mail programs refuse mails of 10 to 25 MB."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What an `<img>` needs: where it is, what it says, and the pixels it is shown at (0 where unknown)."""

    src: str
    alt: str = ""
    width: int = 0
    height: int = 0


_Attached = tuple[InlineImage, Format]


class Pictures:
    """The pictures of one mail: each local file is attached once, one that cannot be is a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._found: dict[Path | str, _Attached | None] = {}
        """By file, or by the URL of what was remote."""
        self._embedded = 0

    @property
    def attached(self) -> tuple[InlineImage, ...]:
        """What travels inside the mail; two files with the same content are one."""
        by_content: dict[str, InlineImage] = {}
        for found in filter(None, self._found.values()):
            by_content.setdefault(found[0].cid, found[0])
        return tuple(by_content.values())

    def picture(self, image: Image | None, width: int, height: int) -> Picture | None:
        """The picture as shown within a box in pixels, never enlarged; None where there is none."""
        if image is None:
            return None
        if attached := self._attached(image):
            inline, form = attached
            return Picture(f"cid:{inline.cid}", image.alt, *_fit(form.width, form.height, width, height))
        url = web_link(image.url)
        return Picture(url, image.alt, *_fit(image.width, image.height, width, height)) if url else None

    def _attached(self, image: Image) -> _Attached | None:
        """The picture as it travels inside the mail; None where it does not, which is a problem if it should."""
        key = image.file or (image.data and image.url)
        if not key:
            return None
        if key not in self._found:
            try:
                self._found[key] = _read(image.file) if image.file else self._embed(image)
            except (OSError, ValueError) as error:
                what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
                self.problems.append(Problem(str(key), what, f"shown {'without it' if image.file else 'from there'}"))
                self._found[key] = None
        return self._found[key]

    def _embed(self, image: Image) -> _Attached:
        attached = _inline(image.data, urlsplit(image.url).path.rpartition("/")[2])
        if self._embedded + len(image.data) > MOST:
            raise ValueError(f"with it there would be more than {MOST:,} bytes of pictures in a mail")
        self._embedded += len(image.data)
        return attached


def _read(file: Path) -> _Attached:
    size = file.stat().st_size
    if size > LARGEST_PICTURE:  # before it is read into memory
        raise ValueError(f"has {size:,} bytes, more than {LARGEST_PICTURE:,}")
    return _inline(file.read_bytes(), file.name)


def _inline(data: bytes, name: str) -> _Attached:
    """A picture as it travels inside the mail. Raises ValueError for one that cannot be shown."""
    if len(data) > LARGEST_PICTURE:
        raise ValueError(f"has {len(data):,} bytes, more than {LARGEST_PICTURE:,}")
    form = sniff(data)
    if form is None:
        raise ValueError("is no PNG, JPEG, GIF or WebP")
    # Named by content: the same edition rendered twice is the same bytes.
    cid = f"{hashlib.sha256(data).hexdigest()[:20]}@digest"
    return InlineImage(cid, name or cid, form.media_type, data), form


def _fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """Width and height within a box; a picture of unknown size gets the box's width."""
    if not (width > 0 and height > 0):
        return box_width, 0
    scale = min(box_width / width, box_height / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))
