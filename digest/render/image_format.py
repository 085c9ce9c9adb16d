"""Recognise a picture's format and size by its bytes, for the formats that mail programs show."""

from __future__ import annotations

import struct
from typing import NamedTuple


class ImageFormat(NamedTuple):
    """A picture's media type, and its size in pixels (0 where it is unknown)."""

    media_type: str
    width: int = 0
    height: int = 0


def sniff(data: bytes) -> ImageFormat | None:
    """Return the format of a PNG, JPEG, GIF or WebP (WHATWG MIME Sniffing, 6.1), None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFormat("image/png", *_unpack(">II", data, 16))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ImageFormat("image/gif", *_unpack("<HH", data, 6))
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFormat("image/jpeg", *_jpeg_size(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat("image/webp", *_webp_size(data))
    return None


def _unpack(layout: str, data: bytes, offset: int) -> tuple[int, int]:
    if len(data) < offset + struct.calcsize(layout):
        return 0, 0
    first, second = struct.unpack_from(layout, data, offset)
    return first, second


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Read the size from the frame header, one of the segments (ITU T.81, B.2.2): each is a marker, then its length."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:  # noqa: PLR2004 - the first byte of every marker
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # noqa: PLR2004 - the frame headers of table B.1
            height, width = _unpack(">HH", data, position + 5)
            return width, height
        position += 2 + length
    return 0, 0


def _webp_size(data: bytes) -> tuple[int, int]:
    """Read the size from the first chunk (RFC 9649, 2.5 to 2.7): 14 bits each, 24 in the extended format."""
    chunk = data[12:16]
    if chunk == b"VP8 ":
        width, height = _unpack("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
