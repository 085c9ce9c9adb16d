"""What goes to stderr: which levels `-v` shows, masked addresses, and JSON."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.cli.logging_setup import configure_logging, mask_addresses, operator_log
from tests.command import digest, restored_logging
from tests.newsroom_folder import NewsroomFolder

NOW = "2026-11-23T07:00:00Z"
SEND = ("send", "--daily", "--now", NOW)


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """What a test configures ends with it."""
    with restored_logging():
        yield


def objects(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines()]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ada@example.com accepted", "ad***@example.com accepted"),
        ("<ada@example.com>: no such user", "<ad***@example.com>: no such user"),
        ("a@example.com b@example.org", "a***@example.com b***@example.org"),
        ("zoë.o'hara+news@example.com", "zo***@example.com"),
        ("no address here", "no address here"),
    ],
)
def test_an_address_keeps_two_characters_and_its_domain(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked


def test_nothing_is_logged_unless_asked_for(newsroom: NewsroomFolder) -> None:
    assert digest(*SEND).stderr == ""


def test_each_outcome_is_logged_with_the_time_and_a_masked_address(newsroom: NewsroomFolder) -> None:
    stderr = digest("-v", *SEND).stderr
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{6} 2026-11-23-daily ad\*\*\*@example\.com accepted ", stderr, re.MULTILINE)
    assert "composed from 1 source: 2 stories" in stderr
    assert "2026-11-23-daily is sent" in stderr
    assert "claimed" not in stderr
    assert "ada@" not in stderr


def test_twice_v_adds_details_and_whole_addresses(newsroom: NewsroomFolder) -> None:
    stderr = digest("-vv", *SEND).stderr
    assert "2026-11-23-daily ada@example.com accepted" in stderr
    assert "2026-11-23-daily claimed 1 of segment `science`" in stderr


def test_json_is_one_object_a_line_with_the_edition_recipient_and_outcome(newsroom: NewsroomFolder) -> None:
    records = objects(digest("-v", "--log-format", "json", *SEND).stderr)
    (ada,) = [record for record in records if record.get("recipient") == "ad***@example.com"]
    time = datetime.fromisoformat(ada.pop("time"))
    assert time.utcoffset() == timedelta()
    detail = ada["detail"]
    assert detail
    assert ada == {
        "level": "INFO",
        "logger": "digest.sending.report",
        "message": f"2026-11-23-daily ad***@example.com accepted {detail}",
        "edition": "2026-11-23-daily",
        "recipient": "ad***@example.com",
        "outcome": "accepted",
        "detail": detail,  # what the maildir called the file
    }
    assert not any("ada@" in str(record) for record in records)
    assert "digest.editions.compose" in {record["logger"] for record in records}


def test_json_has_whole_addresses_when_asked_for(newsroom: NewsroomFolder) -> None:
    records = objects(digest("-vv", "--log-format", "json", *SEND).stderr)
    assert {record["recipient"] for record in records if "recipient" in record} == {
        "ada@example.com",
        "kenji@example.org",
    }
    assert "DEBUG" in {record["level"] for record in records}


def test_problems_and_errors_are_json_too_and_masked_there(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada", "no address,X")
    (problem,) = objects(digest("--log-format", "json", *SEND).stderr)
    assert (problem["level"], problem["logger"]) == ("WARNING", "digest.cli")
    assert problem["location"].endswith("subscribers.csv:3")
    failed = digest("--log-format", "json", "preview", "--now", NOW, "--as", "stranger@example.com")
    (error,) = objects(failed.stderr)
    assert (failed.returncode, error["level"]) == (2, "ERROR")
    assert error["message"].startswith(f"{newsroom.path}/subscribers.csv: st***@example.com is not a subscriber")


def test_problems_as_text_name_the_reader(newsroom: NewsroomFolder) -> None:
    stderr = digest("-v", "preview", "--now", NOW, "--as", "stranger@example.com").stderr
    assert "digest: stranger@example.com is not a subscriber" in stderr.replace(
        f"{newsroom.path}/subscribers.csv: ", ""
    )


def test_a_traceback_is_masked_and_on_the_line_of_its_record(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(1, "json")
    error = ValueError("ada@example.com")
    logging.getLogger("digest.some.module").error("for ada@example.com", exc_info=error)
    (record,) = objects(capsys.readouterr().err)
    assert record["message"] == "for ad***@example.com"
    assert record["exception"].endswith("ValueError: ad***@example.com")


def test_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(2)
    logging.getLogger("some.library").error("this is none of the operator's business")
    assert capsys.readouterr().err == ""


def test_it_may_be_configured_again(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(1, "json")
    configure_logging(0, "text")
    operator_log.warning("once")
    assert capsys.readouterr().err == "digest: once\n"


def test_a_closed_stderr_does_not_stop_a_send(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(60)))
    command = f"{sys.executable} -m digest -vv --log-format json {' '.join(SEND)} 2>&1 | head -1"
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    assert len(newsroom.mails()) == 60
