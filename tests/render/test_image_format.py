"""Pictures known by their bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.image_format import ImageFormat, sniff

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480)
GIF = b"GIF89a" + struct.pack("<HH", 640, 480)
JPEG = b"\xff\xd8\xff\xe0\x00\x06JFIF" + b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 480, 640)
VP8 = b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 4 + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480)
VP8L = b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + struct.pack("<I", 639 | 479 << 14)
VP8X = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (GIF, "image/gif"),
        (JPEG, "image/jpeg"),
        (VP8, "image/webp"),
        (VP8L, "image/webp"),
        (VP8X, "image/webp"),
    ],
)
def test_type_and_size(data: bytes, media_type: str) -> None:
    assert sniff(data) == ImageFormat(media_type, 640, 480)


def test_formats_that_no_mail_program_shows() -> None:
    assert sniff(b"<svg xmlns='http://www.w3.org/2000/svg'/>") is None
    assert sniff(b"") is None


@given(st.sampled_from([PNG, GIF, JPEG, VP8, VP8L, VP8X]), st.integers(12, 40), st.binary(max_size=30))
def test_a_truncated_picture_still_has_a_type(data: bytes, length: int, rest: bytes) -> None:
    form = sniff(data[:length] + rest)
    assert form is not None
    assert form.width >= 0
