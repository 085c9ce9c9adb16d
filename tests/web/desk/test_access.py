"""Only the holder of the token, on this machine, under the desk's own name."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from digest.web.desk.app import create_app
from digest.web.desk.session import EditorSession
from tests.web.desk.client import EDITION, HOST, TOKEN


@pytest.mark.parametrize("path", ["/", "/mail", "/revision", "/readers", "/static/main.js"])
def test_nothing_is_served_without_the_token(open_session: Callable[[], EditorSession], path: str) -> None:
    stranger = TestClient(create_app(open_session(), TOKEN, (HOST,)), base_url=f"http://{HOST}")
    assert stranger.get(path).status_code == 403
    assert stranger.get("/", params={"token": "wrong"}).status_code == 403
    stranger.cookies.set("digest_desk_8642", "wrong")
    assert stranger.get(path).status_code == 403


def test_the_token_becomes_a_cookie_for_this_site_only(session: EditorSession) -> None:
    client = TestClient(create_app(session, TOKEN, (HOST,)), base_url=f"http://{HOST}", follow_redirects=False)
    answer = client.get("/", params={"token": TOKEN})
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_another_host_name_and_another_site_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example.com"}).status_code == 421
    evil = {"Origin": "https://evil.example.com"}
    assert client.post("/draft", json={"edition": EDITION}, headers=evil).status_code == 403
    assert client.post("/sources", json={}, headers={"Origin": f"http://{HOST}"}).status_code == 200


def test_the_page_runs_only_its_own_scripts(client: TestClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert client.get("/static/../app.py").status_code in (403, 404)
