"""What monitors of cron jobs receive: a text file for Prometheus, and pings."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from digest.cli import cli
from tests.newsroom_folder import NewsroomFolder
from tests.servers.web import WebServer

NOW = "2026-11-23T07:00:00Z"


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, [*words, "--now", NOW])


@pytest.fixture
def _watched(newsroom: NewsroomFolder, web: WebServer) -> None:
    web.page("/good", b"ok")
    web.page("/bad", b"ok")
    newsroom.configure(
        more=f'[monitor]\ntextfile = "digest.prom"\nping_success = "{web.url}/good"\nping_failure = "{web.url}/bad"\n'
    )


@pytest.mark.usefixtures("_watched")
def test_a_run_is_written_and_pinged(newsroom: NewsroomFolder, web: WebServer) -> None:
    assert run("send", "--daily").exit_code == 0
    text = (newsroom.path / "digest.prom").read_text()
    moment = datetime(2026, 11, 23, 7, tzinfo=UTC).timestamp()
    assert f'digest_last_run_timestamp_seconds{{cadence="daily"}} {moment:.0f}\n' in text
    assert 'digest_last_run_exit_status{cadence="daily"} 0\n' in text
    assert 'digest_last_run_recipients{cadence="daily",outcome="accepted"} 2\n' in text
    assert all(re.fullmatch(r"#.*|[a-z_]+\{[^}]*\} [\d.]+", line) for line in text.splitlines())
    assert web.requested == ["/good"]
    assert [file.name for file in newsroom.path.glob(".*")] == []


@pytest.mark.usefixtures("_watched")
def test_a_failed_run_is_written_and_pinged_too(newsroom: NewsroomFolder, web: WebServer) -> None:
    (newsroom.path / "feed.xml").unlink()
    assert run("send", "--daily").exit_code == 1
    assert 'exit_status{cadence="daily"} 1\n' in (newsroom.path / "digest.prom").read_text()
    assert web.requested == ["/bad"]


@pytest.mark.usefixtures("_watched")
def test_previews_dry_runs_and_tests_are_not_reported(newsroom: NewsroomFolder, web: WebServer) -> None:
    run("send", "--daily", "--dry-run")
    run("send", "--daily", "--to", "ada@example.com")
    run("preview")
    assert web.requested == []
    assert not (newsroom.path / "digest.prom").exists()


def test_a_monitor_that_fails_is_reported_and_does_not_affect_the_send(
    newsroom: NewsroomFolder, tmp_path: Path
) -> None:
    newsroom.configure(more='[monitor]\ntextfile = "none/digest.prom"\nping_success = "http://127.0.0.1:1/x"\n')
    result = run("send", "--daily")
    assert result.exit_code == 0
    assert "none/digest.prom: cannot be written: No such file or directory" in result.stderr
    assert "http://127.0.0.1:1/x: ping failed" in result.stderr
    assert len(newsroom.mails()) == 2
