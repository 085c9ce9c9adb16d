"""The pictures of one mail."""

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
    assert Pictures().picture(image, 600, 450) == Picture("https://www.example.com/i.jpg", "Ferry", *shown)


def test_a_local_picture_tells_its_size_itself(tmp_path: Path) -> None:
    file = tmp_path / "ferry.gif"
    file.write_bytes(GIF)
    picture = Pictures().picture(Image(file=file), 168, 168)
    assert picture
    assert (picture.width, picture.height) == (168, 126)


def test_two_files_with_the_same_content_are_attached_once(tmp_path: Path) -> None:
    pictures = Pictures()
    for name in ("one.gif", "two.gif"):
        (tmp_path / name).write_bytes(GIF)
        assert pictures.picture(Image(file=tmp_path / name), 168, 168)
    assert [image.filename for image in pictures.attached] == ["one.gif"]


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    pictures = Pictures()
    assert pictures.picture(Image(file=tmp_path), 168, 168) is None
    assert pictures.attached == ()
    assert "cannot be read" in str(pictures.problems[0])
