"""The email in a frame: light and dark, with and without images, as text and source."""

from starlette.testclient import TestClient


def test_the_email_is_shown_light_and_dark_with_and_without_images(client: TestClient) -> None:
    light, dark = (client.get("/mail", params={"scheme": scheme}) for scheme in ("light", "dark"))
    assert "@media not all" in light.text
    assert "prefers-color-scheme" not in light.text + dark.text
    assert "@media all" in dark.text
    assert light.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox allow-same-origin" in light.headers["Content-Security-Policy"]
    assert "script-src" not in light.headers["Content-Security-Policy"]
    assert "default-src 'none'" in light.headers["Content-Security-Policy"]
    assert "img-src 'none'" in client.get("/mail", params={"images": "off"}).headers["Content-Security-Policy"]


def test_text_and_source_are_shown_as_plain_text(client: TestClient) -> None:
    text, source = (client.get("/mail", params={"part": part}) for part in ("text", "source"))
    assert text.text.startswith("THE GAZETTE\n")
    assert source.text.lower().startswith("<!doctype html")
    assert {text.headers["content-type"], source.headers["content-type"]} == {"text/plain; charset=utf-8"}
