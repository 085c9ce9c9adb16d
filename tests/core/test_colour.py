"""Contrast, and accents that can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.colour import contrast_ratio, format_hex, make_readable, parse_hex


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_ratios_are_those_that_wcag_defines(one: str, other: str, ratio: float) -> None:
    assert contrast_ratio(parse_hex(one), parse_hex(other)) == pytest.approx(ratio, abs=0.005)
    assert contrast_ratio(parse_hex(other), parse_hex(one)) == pytest.approx(ratio, abs=0.005)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_a_colour_is_written_as_it_was_read(colour: str) -> None:
    assert format_hex(parse_hex(colour)) == colour


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), st.sampled_from(["#ffffff", "#1c1b19"]))
def test_any_accent_can_be_read(colour: str, background: str) -> None:
    assert contrast_ratio(parse_hex(make_readable(colour, background)), parse_hex(background)) >= 4.5


def test_an_accent_keeps_its_hue_in_the_dark() -> None:
    red, green, blue = (int(make_readable("#9b1c1f", "#1c1b19")[index : index + 2], 16) for index in (1, 3, 5))
    assert red > 2 * max(green, blue)


def test_a_readable_accent_stays_as_it_is() -> None:
    assert make_readable("#9b1c1f", "#ffffff") == "#9b1c1f"
