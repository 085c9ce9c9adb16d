"""Each rule on a mail that breaks it, and on one that does not."""

from collections.abc import Callable
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.lint import Finding, Support, lint
from digest.models import Message

Check = Callable[..., list[Finding]]


def test_a_good_mail_has_no_finding(check: Check) -> None:
    assert check() == []


@pytest.mark.parametrize(
    ("rule", "serious", "add"),
    [
        ("size", False, "<p>" + "é" * 49_000 + "</p>"),
        ("size", True, "<p>" + "é" * 51_000 + "</p>"),
        ("style-size", True, f"<style>/*{'x' * 16_000}*/</style>"),
        ("alt", True, '<img src="https://www.example.com/a.png" width="9">'),
        ("alt-file-name", False, '<img src="https://www.example.com/a.png" width="9" alt="IMG_2041.JPG">'),
        ("alt-file-name", False, '<img src="https://www.example.com/a?b=c" width="9" alt="a">'),
        ("alt-file-name", False, '<img src="https://www.example.com/a.png" width="9" alt="DSC00041">'),
        ("image-size", False, '<img src="https://www.example.com/a.png" alt="">'),
        ("insecure-address", False, '<a href="http://www.example.com/">x</a>'),
        ("insecure-address", False, '<img src="http://www.example.com/a" alt="" width="9">'),
        ("unsafe-address", True, '<a href="java\nscript:alert(1)">x</a>'),
        ("unsafe-address", True, '<img src="data:image/png;base64,AAAA" alt="" width="9">'),
        ("relative-address", True, '<a href="/sport">x</a>'),
        ("relative-address", True, '<a href="">x</a>'),
        ("link-text", True, '<a href="https://www.example.com/">&#8204;</a>'),
        ("link-text", True, '<a href="https://www.example.com/"><img src="cid:a@b" alt="" width="9"></a>'),
        ("table-role", False, "<table><tr><td>x</table>"),
        ("active-content", True, "<script>1</script>"),
        ("active-content", True, '<p onclick="x()">y</p>'),
        ("heading-order", False, "<h1>Another</h1>"),
        ("heading-order", False, "<h4>Too deep</h4>"),
        ("conditional-comment", True, "<!--[if mso]><p>x</p>"),
        ("conditional-comment", True, "<![endif]-->"),
        ("conditional-comment", True, "<!--[if mso]><!--[if gte mso 9]>x<![endif]-->"),
        ("text-differs", False, "<h3>A treaty</h3>"),
        ("text-differs", False, '<a href="https://www.example.com/x"><h2>The ferry is back</h2></a>'),
        ("merge-field", True, "<p>xtok00112233aax</p>"),
        ("contrast", True, '<p style="color:#999">x</p>'),
        ("contrast", True, '<div style="background:#333 none"><p>x</p></div>'),
        ("contrast", True, '<div style="font-size:0px">&#160;<p style="color:#999;font-size:13px">x</p></div>'),
        ("contrast", True, '<td bgcolor="navy"><b>x</b></td>'),
        ("contrast", True, '<p style="color:rgba(0,0,0,.4)">x</p>'),
        ("contrast", True, '<div style="background-color:#0000cc"><a href="https://www.example.com/">x</a></div>'),
        ("contrast", True, '<p style="color:#949494;font:700 18px serif">x</p>'),
        ("contrast", True, '<p style="color:#949494;font-size:23px">x</p>'),
    ],
)  # fmt: skip
def test_a_rule_finds_what_breaks_it(check: Check, rule: str, *, serious: bool, add: str) -> None:
    assert [(finding.rule, finding.serious) for finding in check(add)] == [(rule, serious)]


@pytest.mark.parametrize(
    "add",
    [
        '<img src="cid:a@b" alt="" style="width:50px">',
        '<a href="mailto:news@example.com">x</a><a href="#top">x</a><a href="tel:1">x</a>',
        '<a href="https://www.example.com/" aria-hidden="true"><img src="cid:a@b" alt="" width="9"></a>',
        '<a href="https://www.example.com/"><img src="cid:a@b" alt="The Gazette" width="9"></a>',
        "<!--[if !mso]><!--><p>x</p><!--<![endif]-->",
        '<h4 aria-hidden="true">x</h4>',
        "<h2>THE \u2068FERRY\u2069 IS BACK</h2>",
        '<p style="color:#949494;font-size:24px">x</p>',
        '<p style="color:#949494;font:700 19px/1.2 serif">x</p>',
        '<p style="display:none;color:#fff">x</p>',
        '<p style="font-size:0;color:#fff">x</p>',
        '<p style="color:#fff" hidden>x</p>',
        '<p style="color:var(--ink)">x</p>',
        '<font color="navy">x</font><p style="color:transparent;background:url(cid:a@b)">x</p>',
        '<p style="font-size:2em;color:#949494">x</p><p style="font:normal 24px serif;color:#949494">x</p>',
        '<div style="background-image:url(https://www.example.com/a.png)"><p style="color:#fff">x</p></div>',
        '<div style="background:#222"><p style="color:#eee !important">x</p></div>',
        '<p style="color:#fff">&#847;&#8204;&#160;</p>',
    ],
)  # fmt: skip
def test_a_rule_accepts_what_is_right(check: Check, add: str) -> None:
    assert check(add) == []


@pytest.mark.parametrize(
    ("rule", "serious", "fields"),
    [
        ("subject-missing", True, {"subject": " "}),
        ("subject-length", False, {"subject": "a " * 36}),
        ("subject-capitals", False, {"subject": "THE FERRY IS BACK"}),
        ("preheader-missing", False, {"preheader": ""}),
        ("preheader-length", False, {"preheader": "A comet"}),
        ("preheader-length", False, {"preheader": "A comet " * 14}),
        ("list-unsubscribe", True, {"headers": ()}),
        ("merge-field", True, {"headers": (("List-Unsubscribe", "<xtok00112233aax>"),)}),
    ],
)
def test_inbox_and_headers_are_checked(check: Check, rule: str, *, serious: bool, fields: dict[str, object]) -> None:
    assert [(finding.rule, finding.serious) for finding in check(**fields)] == [(rule, serious)]


@pytest.mark.parametrize("subject", ["NASA", "NHK 新しい橋が開通しました", "Ferry: back IN SERVICE"])
def test_a_name_in_capitals_is_not_shouting(check: Check, subject: str) -> None:
    assert check(subject=subject) == []


def test_both_parts_need_an_unsubscribe_link(check: Check, good: Message) -> None:
    html, text = (merge_field.token for merge_field in good.merge_fields)
    found = check(html=good.html.replace(html, "https://www.example.com/"), text=good.text.replace(text, ""))
    assert [(finding.rule, finding.location) for finding in found] == [
        ("unsubscribe", "HTML part"),
        ("unsubscribe", "text part"),
    ]


def test_a_document_needs_language_direction_and_a_title(check: Check, good: Message) -> None:
    found = check(html=good.html.replace(' lang="en" dir="ltr"', "").replace("h1>", "p>"))
    assert {finding.rule for finding in found} == {"lang", "dir", "heading-order"}


def test_text_needs_a_link_for_each_headline_and_short_lines(check: Check, good: Message) -> None:
    found = check(text=good.text.replace("https://www.example.com/ferry", "é" * 500))
    assert [finding.rule for finding in found] == ["line-length", "text-differs"]
    assert [finding.rule for finding in check(text=" ")] == ["unsubscribe", "text-missing"]


def test_a_problem_at_many_places_is_one_finding_that_names_the_first(check: Check) -> None:
    (found,) = check('<img src="https://www.example.com/a.png" width="9">' * 3)
    assert found.location == 'image a.png near "The Gazette" and 2 other places'


def test_serious_findings_come_first(check: Check) -> None:
    assert [finding.serious for finding in check("<table></table><script></script>")] == [True, False]


WILD = st.lists(
    st.sampled_from(
        ["<", ">", "</", "<!--", "-->", "<![endif]", "<!--[if mso]>", "<p ", "<a href=", "<img alt=", "<h1>", "<td bgcolor=",
         'style="color:', "font:", "9px", "rgba(", "1,", ")", "#", "fff", "red", ";", '"', "<style>", "@media", "{", "}", "*/", "/*",
         "xtok000000x", "\0", "\ud800", "\u202e", "--", ":hover", "[", "]", "calc(", "inherit", "<html lang=", "<?xml encoding='x'?>"]
    )
    | st.text(st.characters(exclude_categories=()), max_size=8),
    max_size=40,
).map("".join)  # fmt: skip


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(html=WILD, text=WILD, subject=WILD)
def test_any_html_is_checked_without_an_error(support: Support, html: str, text: str, subject: str) -> None:
    found = lint(Message(subject, html, text), subject=subject, preheader=text, support=support)
    assert all(finding.message and finding.location and finding.hint for finding in found)


@pytest.mark.parametrize("value", ["9" * 40_000, "a-" * 20_000, "url(" * 20_000, "rgb(" * 20_000])
def test_very_long_css_is_checked_in_time(check: Check, value: str) -> None:
    began = process_time()
    check(f'<p style="font-size:{value}">x</p>')
    assert process_time() - began < 5


def test_a_deep_tree_is_checked_and_one_too_deep_is_a_finding(check: Check) -> None:
    assert [finding.rule for finding in check("<div>" * 1_000 + "<script></script>")] == ["nesting", "active-content"]
    assert [finding.rule for finding in check("<div>" * 9_000 + "<script></script>")] == ["nesting"]
    assert check("<div>" * 100) == []
