"""What mail programs support, against what an email uses."""

from collections.abc import Callable

import pytest

from digest.lint import BASELINE, DEFAULT_CLIENTS, Finding, Support

Check = Callable[..., list[Finding]]


@pytest.mark.parametrize(
    ("add", "feature"),
    [
        ('<p style="display:flex">x</p>', "css-display-flex"),
        ('<p style="display: inline-grid !important">x</p>', "css-display-grid"),
        ('<p style="position:sticky">x</p>', "css-position"),
        ('<p style="float:left">x</p>', "css-float"),
        ('<p style="background-image:url(https://www.example.com/a;b.png)">x</p>', "css-background-image"),
        ('<p style="border-top-left-radius:4px">x</p>', "css-border-radius"),
        ("<style>@font-face { font-family: x }</style>", "css-at-font-face"),
        ('<svg width="9" height="9"></svg>', "html-svg"),
        ("<video></video>", "html-video"),
        ("<form></form>", "html-form"),
        ('<input type="checkbox">', "html-input-checkbox"),
        ("<style>a:hover { color: #111111 }</style>", "css-pseudo-class-hover"),
        ("<style>a::before { color: #111111 }</style>", "css-pseudo-element-before"),
        ("<style>@media (orientation: portrait) { a { color: #111111 } }</style>", "css-at-media-orientation"),
        ("<style>[data-x] { color: #111111 }</style>", "css-selector-attribute"),
        ("<style>h2 + p { margin: 0 }</style>", "css-selector-adjacent-sibling"),
        ('<p style="margin:0 -4px">x</p>', "css-margin"),
        ('<p style="--x:1px">x</p>', "css-variables"),
        ('<p style="width:calc(100% - 3px)">x</p>', "css-unit-calc"),
        ('<p style="color:rgb(0 0 0 / 90%)">x</p>', "css-rgb"),
        ('<picture><img src="cid:a@b" alt="" width="9"></picture>', "html-picture"),
        ('<img src="cid:a@b" alt="" width="9" srcset="x">', "html-srcset"),
        ('<p style="object-fit:cover">x</p>', "css-object-fit"),
        ('<p style="column-gap:4px">x</p>', "css-gap"),
        ('<img src="https://www.example.com/a.webp?w=9" alt="" width="9">', "image-webp"),
        ('<p style="width:50vw">x</p>', "css-unit-vw"),
    ],
)  # fmt: skip
def test_a_feature_that_a_program_lacks_is_a_finding(check: Check, support: Support, add: str, feature: str) -> None:
    found = [finding for finding in check(add, support=support, baseline=()) if finding.rule == "client-support"]
    assert feature in {finding.hint.rstrip("/").rpartition("/")[2] for finding in found}
    left = check(add, support=support, baseline={feature})
    assert feature not in {finding.hint.rstrip("/").rpartition("/")[2] for finding in left}


def test_a_finding_names_the_programs_and_is_serious_when_it_is_all_of_them(check: Check, support: Support) -> None:
    add = '<p style="float:left">x</p>'
    in_some = check(add, support=support, clients=["apple-mail.*", "outlook.windows"], baseline=BASELINE)
    assert [(finding.serious, finding.message) for finding in in_some] == [
        (False, "float does not work in outlook.windows")
    ]
    in_all = check(add, support=support, clients=["outlook.windows"], baseline=BASELINE)
    assert [(finding.serious, finding.location) for finding in in_all] == [(True, '<p> "x" near "The Gazette"')]


def test_without_data_there_are_no_findings(check: Check) -> None:
    assert check('<p style="float:left">x</p>') == []


def test_a_program_that_the_data_does_not_know_is_a_finding(check: Check, support: Support) -> None:
    (found,) = check(support=support, clients=["gmail.palm"], baseline=BASELINE)
    assert (found.rule, found.location) == ("client-support", "gmail.palm")


def test_a_pattern_names_the_clients_of_a_family(support: Support) -> None:
    assert support.find_clients(["gmail.*"]) == ["gmail.ios"]
    assert support.find_clients(["outlook.*", "thunderbird.macos"]) == [
        "outlook.ios",
        "outlook.windows",
        "thunderbird.macos",
    ]
    assert all(support.find_clients([pattern]) for pattern in DEFAULT_CLIENTS)
