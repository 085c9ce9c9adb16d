"""Pictures as a mail carries them: remote by address, local ones inside the mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from digest.models import Image, InlineImage, Problem
from digest.render.formats import Format, sniff
from digest.render.untrusted import web_link

LARGEST = 1_000_000
"""Bytes of one attached picture: every reader is sent every one of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What an `<img>` needs: where it is, what it says, and the pixels it is shown at (0 where unknown)."""

    src: str
    alt: str = ""
    width: int = 0
    height: int = 0


class Pictures:
    """The pictures of one mail: each local file is attached once, one that cannot be is a problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._files: dict[Path, tuple[InlineImage, Format] | None] = {}

    @property
    def attached(self) -> tuple[InlineImage, ...]:
        """What travels inside the mail; two files with the same content are one."""
        by_content: dict[str, InlineImage] = {}
        for found in filter(None, self._files.values()):
            by_content.setdefault(found[0].cid, found[0])
        return tuple(by_content.values())

    def picture(self, image: Image | None, width: int, height: int) -> Picture | None:
        """The picture as shown within a box in pixels, never enlarged; None where there is none."""
        if image is None:
            return None
        if image.file is None:
            url = web_link(image.url)
            return Picture(url, image.alt, *_fit(image.width, image.height, width, height)) if url else None
        if image.file not in self._files:
            self._files[image.file] = self._attach(image.file)
        found = self._files[image.file]
        if found is None:
            return None
        inline, form = found
        return Picture(f"cid:{inline.cid}", image.alt, *_fit(form.width, form.height, width, height))

    def _attach(self, file: Path) -> tuple[InlineImage, Format] | None:
        try:
            return _inline(file)
        except (OSError, ValueError) as error:
            what = f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)
            self.problems.append(Problem(str(file), what, "shown without it"))
            return None


def _inline(file: Path) -> tuple[InlineImage, Format]:
    """A local file as it travels inside the mail. Raises OSError, or ValueError for one that cannot be shown."""
    size = file.stat().st_size
    if size > LARGEST:
        raise ValueError(f"has {size:,} bytes, more than {LARGEST:,}")
    data = file.read_bytes()
    form = sniff(data)
    if form is None:
        raise ValueError("is no PNG, JPEG, GIF or WebP")
    # Named by content: the same edition rendered twice is the same bytes.
    cid = f"{hashlib.sha256(data).hexdigest()[:20]}@digest"
    return InlineImage(cid, file.name, form.media_type, data), form


def _fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    """Width and height within a box; a picture of unknown size gets the box's width."""
    if not (width > 0 and height > 0):
        return box_width, 0
    scale = min(box_width / width, box_height / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))
