"""Links: over https, and saying where their reader came from."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.core.merge_fields import merge_field_token
from digest.models import Article, Image, Section
from digest.render import RenderedEmail
from digest.render.links import add_parameters, upgrade_to_https

UTM = {"utm_source": "newsletter", "utm_campaign": "daily & more"}


@pytest.mark.parametrize(
    ("url", "tagged"),
    [
        ("https://example.com/a", "https://example.com/a?utm_source=newsletter&utm_campaign=daily+%26+more"),
        (
            "https://example.com/?b=%20c#d",
            "https://example.com/?b=%20c&utm_source=newsletter&utm_campaign=daily+%26+more#d",
        ),
        ("https://example.com/?", "https://example.com/?utm_source=newsletter&utm_campaign=daily+%26+more"),
        ("https://example.com/?utm_source=feed&utm_campaign=", "https://example.com/?utm_source=feed&utm_campaign="),
        ("https://example.com/??", "https://example.com/??&utm_source=newsletter&utm_campaign=daily+%26+more"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_what_a_link_has_is_kept_and_what_it_lacks_is_added(url: str, tagged: str) -> None:
    assert add_parameters(url, UTM) == tagged


@given(st.text(max_size=30))
def test_any_link_is_kept_around_what_is_added(rest: str) -> None:
    url = f"https://example.com/{rest}"
    tagged = add_parameters(url, {"utm_source": "n"})
    assert tagged == url or len(tagged) - len(url) in (len("utm_source=n"), len("?utm_source=n"))
    assert add_parameters(tagged, {"utm_source": "n"}) == tagged


def test_stories_and_sections_are_tagged_and_nothing_else(
    make: Callable[..., RenderedEmail], story: Callable[..., Article]
) -> None:
    sections = (
        Section("World", (story("A comet"), story("No link", url="")), more=1, url="https://www.example.com/w"),
    )
    rendered = make(story(), sections=sections, utm={"utm_source": "newsletter"})
    links = [str(link.get("href")) for link in lxml_html.fromstring(rendered.message.html).iter("a")]
    tagged = [link for link in links if link.endswith("?utm_source=newsletter")]
    assert len(tagged) == 3
    others = [link for link in links if link not in tagged]
    assert others == ["https://www.example.com", merge_field_token("unsubscribe_url", "html")]
    assert "https://www.example.com/ferry?utm_source=newsletter\n" in rendered.message.text
    assert "utm" not in make(story(), sections=sections).message.html


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("http://www.example.com/a?b=http://c.example/", "https://www.example.com/a?b=http://c.example/"),
        ("HTTP://example.com", "https://example.com"),
        ("http://example.com#a", "https://example.com#a"),
        ("http://bücher.example/", "https://bücher.example/"),
        ("https://example.com/", "https://example.com/"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("http://127.0.0.1/a", "http://127.0.0.1/a"),
        ("http://[::1]/a", "http://[::1]/a"),
        ("", ""),
    ],
)
def test_http_becomes_https_where_a_name_is_at_its_usual_port(url: str, secure: str) -> None:
    assert upgrade_to_https(url) == secure


def test_everything_of_a_story_is_over_https_unless_that_is_not_wanted(
    make: Callable[..., RenderedEmail], story: Callable[..., Article]
) -> None:
    insecure = story(url="http://www.example.com/a", image=Image("http://www.example.com/a.jpg", width=900, height=600))
    sections = (Section("World", (story("B", url="http://www.example.com/b"),), 1, "http://www.example.com/w"),)
    rendered = make(insecure, sections=sections)
    assert "http://www.example.com" not in rendered.message.html + rendered.message.text
    kept = make(insecure, sections=sections, https=False)
    assert kept.message.html.count("http://www.example.com") == 5
