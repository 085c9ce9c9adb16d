"""Read a rendered email as a reader's browser would."""

from typing import Any

from lxml import html as lxml_html

from digest.render import RenderedEmail, to_standalone_html

VALUES = {"email": "a&b@example.com", "name": "Ada", "unsubscribe_url": "https://www.example.com/leave?a=1&b=2"}
"""What the merge fields are filled with."""


def tree(rendered: RenderedEmail) -> Any:
    """Return the HTML as a tree, its merge fields filled."""
    return lxml_html.fromstring(to_standalone_html(rendered.message, VALUES))


def folded(text: str) -> str:
    """Return the text with its white space folded, as a browser shows it."""
    return " ".join(text.split())


def texts(rendered: RenderedEmail, path: str) -> list[str]:
    """Return the text of each element of a path."""
    return [folded(element.text_content()) for element in tree(rendered).findall(f".//{path}")]
