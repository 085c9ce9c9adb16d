"""A newsroom's own templates, and what is said about broken ones."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.core.merge_fields import merge_field_token
from digest.errors import TemplateError
from digest.models import Article
from digest.render import RenderedEmail
from tests.render.reading import texts, tree

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


def test_one_partial_of_the_newsroom_replaces_the_shipped_one(make: Make, story: Story, tmp_path: Path) -> None:
    (tmp_path / "footer.mjml").write_text("<mj-text>Ours, {{ merge_field('name') }}</mj-text>")
    rendered = make(story(), templates=tmp_path)
    assert "Ours, Ada" in tree(rendered).text_content()
    assert texts(rendered, "h1") == ["The Gazette"]


def test_a_template_written_for_slot_still_works(make: Make, story: Story, tmp_path: Path) -> None:
    (tmp_path / "footer.mjml").write_text("<mj-text>{{ slot('email') }}</mj-text>")
    (tmp_path / "digest.txt").write_text("{{ slot('email') }}")
    message = make(story(), templates=tmp_path).message
    assert message.html.count(merge_field_token("email", "html")) == 1
    assert message.text == merge_field_token("email", "text") + "\n"


def test_a_partial_that_is_added_changed_or_removed_is_used_at_once(make: Make, story: Story, tmp_path: Path) -> None:
    footer = tmp_path / "footer.mjml"
    for text in ("", "One", "Another one", ""):
        footer.unlink(missing_ok=True)
        if text:
            footer.write_text(f"<mj-text>{text}</mj-text>")
        shown = tree(make(story(), templates=tmp_path)).text_content()
        assert shown.endswith(text or "Example City")


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("\n\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("\n{% if %}", 2, "Expected an expression"),
        ("{% include 'none.mjml' %}", 0, "there is no template none.mjml"),
        ("\n{{ merge_field('shoe_size') }}", 2, "there is no merge field 'shoe_size'"),
        ("<mj-text>{{ edition.date|nosuch }}</mj-text>", 1, "No filter named 'nosuch'"),
        ("\n<mj-text>a <b</mj-text>", 2, "MJML cannot be rendered"),
        ("<mj-text>&nbsp;</mj-text>\n\n<mj-text><b>a</mj-text>", 3, "MJML cannot be rendered"),
        ("<mj-text>{{ why }}</mj-text>\n<mj-text width=2>a</mj-text>", 2, "MJML cannot be rendered"),
        ("<mj-text>{{ why }}</mj-text>\n\n<mj-txet>Hello</mj-txet>", 3, "MJML does not allow <mj-txet> here"),
        ("<mj-raw>\n<style>@import url(x.css);</style></mj-raw>", 2, "@import"),
        ("{{ edition.date.year / 0 }}", 1, "division by zero"),
    ],
)
def test_a_broken_template_is_located(
    make: Make, story: Story, tmp_path: Path, template: str, line: int, words: str
) -> None:
    (tmp_path / "footer.mjml").write_text(template)
    with pytest.raises(TemplateError, match=re.escape(words)) as caught:
        make(story(), templates=tmp_path)
    if line:
        assert caught.value.location == f"{tmp_path / 'footer.mjml'}:{line}"
    assert caught.value.hint
