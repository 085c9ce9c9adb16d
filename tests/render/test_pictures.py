"""The pictures of one email."""

from pathlib import Path

import pytest

from digest.models import Image
from digest.render.pictures import Picture, Pictures

GIF = b"GIF89a\x20\x03\x58\x02" + b"0" * 20  # 800 by 600


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1200, 800), (600, 400)),
        ((300, 200), (300, 200)),
        ((400, 800), (225, 450)),
        ((0, 0), (600, 0)),
        ((1, 9), (1, 9)),
    ],
)
def test_a_picture_fits_its_box_and_is_never_enlarged(size: tuple[int, int], shown: tuple[int, int]) -> None:
    image = Image("https://www.example.com/i.jpg", alt="Ferry", width=size[0], height=size[1])
    assert Pictures().fit(image, 600, 450) == Picture("https://www.example.com/i.jpg", "Ferry", *shown)


def test_the_size_of_a_local_picture_is_read_from_it(tmp_path: Path) -> None:
    file = tmp_path / "ferry.gif"
    file.write_bytes(GIF)
    picture = Pictures().fit(Image(file=file), 168, 168)
    assert picture
    assert (picture.width, picture.height) == (168, 126)


def test_two_files_with_the_same_content_are_attached_once(tmp_path: Path) -> None:
    pictures = Pictures()
    for name in ("one.gif", "two.gif"):
        (tmp_path / name).write_bytes(GIF)
        assert pictures.fit(Image(file=tmp_path / name), 168, 168)
    assert [image.filename for image in pictures.attached] == ["one.gif"]


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    pictures = Pictures()
    assert pictures.fit(Image(file=tmp_path), 168, 168) is None
    assert pictures.attached == ()
    assert "cannot be read" in str(pictures.problems[0])


def remote(name: str, data: bytes) -> Image:
    return Image(f"https://www.example.com/{name}", alt="Ferry", data=data)


def test_a_remote_picture_that_was_fetched_is_attached() -> None:
    pictures = Pictures()
    shown = pictures.fit(remote("ferry.gif?w=9", GIF), 168, 168)
    assert shown
    assert (shown.src, shown.width, shown.height) == (f"cid:{pictures.attached[0].cid}", 168, 126)
    assert pictures.attached[0].filename == "ferry.gif"


def test_a_remote_picture_that_cannot_be_attached_is_shown_from_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.render.pictures.MAX_EMBEDDED_BYTES", 2 * len(GIF))
    monkeypatch.setattr("digest.render.pictures.MAX_PICTURE_BYTES", 100)
    pictures = Pictures()
    images = [
        remote("a.gif", GIF),
        remote("page", b"<html>"),
        remote("big.gif", GIF + bytes(99)),
        remote("b.gif", GIF + b"1"),
    ]
    shown = [pictures.fit(image, 168, 168) for image in (*images, *images)]
    assert [picture.src[:4] for picture in shown if picture] == ["cid:", "http", "http", "http"] * 2
    assert [problem.message for problem in pictures.problems] == [
        "is not a PNG, JPEG, GIF or WebP",
        "has 129 bytes, more than 100",
        "would bring the pictures of one email to more than 60 bytes",
    ]
    assert {problem.hint for problem in pictures.problems} == {"the picture is shown from its URL"}
