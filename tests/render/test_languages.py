"""The fixed words of the email in each language."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from lxml import html as lxml_html

from digest.models import Article, Section
from digest.render import RenderedEmail
from digest.render.languages import CATALOGUES, find_locale, load_translations

ROOT = Path(__file__).parents[2]
LANGUAGES = sorted(folder.name for folder in CATALOGUES.iterdir() if folder.is_dir())

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


def used() -> Iterator[Any]:
    """Every msgid of the templates and the code."""
    options = {"encoding": "utf-8"}
    templates = extract_from_dir(ROOT / "templates", [("**", "jinja2.ext:babel_extract")], {"**": options})
    code = extract_from_dir(ROOT / "digest" / "render", [("**.py", "python")])
    for _, _, message, _, _ in (*templates, *code):
        yield message


def read(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "digest.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def test_the_promised_languages_are_there() -> None:
    assert {"es", "fr", "de", "pt", "ar", "he", "zh_Hans", "ja", "hi"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_word_that_is_used_and_no_other(language: str) -> None:
    messages = [message for message in read(language) if message.id]
    assert {message.id for message in messages} == {
        tuple(message[:2]) if isinstance(message, tuple) else message for message in used()
    }
    for message in messages:
        source = message.id if isinstance(message.id, str) else message.id[-1]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or [])
        wanted = set(re.findall(r"\{\w+\}", source))
        assert not message.fuzzy
        for form in forms:
            assert form
            held = set(re.findall(r"\{\w+\}", form))
            # A language may say "one story" and "two stories" without a figure.
            assert held == wanted or (len(forms) > 1 and held == wanted - {"{count}"})
        assert set(re.findall(r"\{\w+\}", forms[-1])) == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_those_of_the_language(language: str) -> None:
    words, locale = load_translations(Locale.parse(language)), Locale.parse(language)
    assert words
    forms: dict[str, set[str]] = {}
    for count in range(1, 300):
        text = words.ngettext("{count} story", "{count} stories", count)
        forms.setdefault(locale.plural_form(count), set()).add(text)
        assert "{count}" in text or count in (1, 2)
    # Each of CLDR's categories has one form.
    assert {len(texts) for texts in forms.values()} == {1}


def test_arabic_has_six_forms() -> None:
    words = load_translations(Locale("ar"))
    assert words
    texts = [words.ngettext("{count} story", "{count} stories", count) for count in (0, 1, 2, 3, 11, 100, 103, 111)]
    assert len(set(texts[:6])) == 6
    assert texts[6:] == [texts[3], texts[4]]


@pytest.mark.parametrize(
    ("tag", "word"),
    [
        ("en-GB", "Unsubscribe"),
        ("pt-BR", "Cancelar inscrição"),
        ("de-AT", "Abmelden"),
        ("zh", "退订"),
        ("zh-CN", "退订"),
        ("ja", "配信停止"),
        ("ur", "رکنیت ختم کریں"),
    ],
)
def test_the_nearest_catalogue_is_used(make: Make, story: Story, tag: str, word: str) -> None:
    rendered = make(story(), language=tag)
    assert word in str(lxml_html.fromstring(rendered.message.html).xpath("string()"))
    assert f"\n{word}: " in rendered.message.text
    assert rendered.problems == ()


@pytest.mark.parametrize("tag", ["zh-TW", "it"])
def test_a_language_without_a_catalogue_is_a_problem(make: Make, story: Story, tag: str) -> None:
    rendered = make(story(), language=tag)
    assert "Unsubscribe" in rendered.message.text
    assert [problem.location for problem in rendered.problems] == ["language"]
    assert f"`{tag}`" in rendered.problems[0].message


def test_no_english_is_left_in_another_language(make: Make, story: Story) -> None:
    article = story("漁船", summary="港", authors=(), published=None, also_in=("新聞",), url="")
    sections = (Section("More stories", (article,), more=2),)
    text = make(article, sections=sections, lead_section="Latest", language="ja").message.text
    left = re.sub(r"(?i)xtok\w+|The\s+Gazette|1 Quay Street|Example City", "", text)
    assert re.findall("[A-Za-z]+", left) == []
    html = make(article, sections=sections, lead_section="Latest", language="ar").message.html
    assert "أحدث الأخبار" in html
    assert "وخبران آخران في المزيد من الأخبار" in html


@pytest.mark.parametrize(
    ("tag", "count"), [("en", 3), ("ru", 3), ("sr-Latn", 3), ("ur", 0), ("hi", 0), ("zh", 0), ("zh-TW", 0)]
)
def test_letters_are_spaced_only_where_they_do_not_join(make: Make, story: Story, tag: str, count: int) -> None:
    assert make(story(), story(), language=tag).message.html.count("letter-spacing") == count


def test_locales() -> None:
    assert str(find_locale("pt-BR")) == "pt_BR"
    assert str(find_locale("en-XX")) == "en"
    assert find_locale("xx") is None
