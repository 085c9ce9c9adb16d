"""Why the last run of an edition failed is kept until one succeeds, and `digest status` shows it."""

import json
from datetime import timedelta

import pytest

from digest.errors import DeliveryError, TooLateError
from tests.command import digest
from tests.newsroom_folder import NOW, NewsroomFolder
from tests.sending.common import list_editions
from tests.servers.smtp import SmtpServer

TODAY = "2026-11-23-daily"


def failure_of(newsroom: NewsroomFolder) -> str:
    (record,) = list_editions(newsroom)
    return record.failure


def test_a_provider_that_is_down_is_shown_until_it_is_back(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\npatience = "1s"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError):
        newsroom.send()
    failure = failure_of(newsroom)
    assert "127.0.0.1:1" in failure
    line = f"The last run of {TODAY} failed: {failure}\n"
    assert digest("status").stdout.startswith(line)
    assert digest("status", TODAY).stdout.startswith(line)
    assert json.loads(digest("status", "--json").stdout)["editions"][0]["failure"] == failure
    assert json.loads(digest("status", TODAY, "--json").stdout)["failure"] == failure
    newsroom.through_smtp(smtp_server)
    newsroom.send()
    assert failure_of(newsroom) == ""
    assert "failed" not in digest("status").stdout


def test_an_edition_that_is_too_late_says_so(newsroom: NewsroomFolder) -> None:
    newsroom.send(limit=1)
    assert failure_of(newsroom) == ""
    with pytest.raises(TooLateError):
        newsroom.send(NOW + timedelta(hours=7))
    assert "max_lateness" in failure_of(newsroom)
    newsroom.send(NOW + timedelta(hours=7), allow_late=True)
    assert failure_of(newsroom) == ""
