"""Fixtures that tests of several packages use: a newsroom in a folder, a database, and servers on loopback."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from tests.chromium import open_chromium
from tests.newsroom_folder import FEED, NewsroomFolder
from tests.servers.api import serving
from tests.servers.sendgrid import SendGridServer
from tests.servers.smtp import SmtpServer, serve_smtp
from tests.servers.web import WebServer, serve_web

POSTGRES = os.environ.get("DIGEST_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")

# How long an example takes depends on the machine, not on the code.
settings.register_profile("digest", deadline=None)
settings.load_profile("digest")


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewsroomFolder:
    """A newsroom that works: one feed with two stories of 23 November 2026, three readers, an outbox."""
    folder = NewsroomFolder(tmp_path / "gazette", monkeypatch)
    folder.path.mkdir()
    folder.write("feed.xml", FEED)
    folder.configure()
    folder.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "zoe@example.net,Zoë,Sport")
    monkeypatch.chdir(folder.path)
    monkeypatch.setenv("DIGEST_SECRET_KEY", "for tests only")
    for name in ("SENDGRID_API_KEY", "DIGEST_SMTP_PASSWORD", "DIGEST_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh database on a real PostgreSQL server."""
    try:
        server = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {POSTGRES}: {error}")
    name = f"digest_{uuid4().hex}"
    with server:
        server.execute(f'create database "{name}"')
        yield f"{POSTGRES}/{name}"
        server.execute(f'drop database "{name}" with (force)')


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new ledger, in each database it can live in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    with serve_smtp() as server:
        yield server


@pytest.fixture
def sendgrid_server() -> Iterator[SendGridServer]:
    with serving(SendGridServer()) as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve_web() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file: starting it takes seconds, opening a context of its own nothing."""
    with open_chromium() as browser:
        yield browser
