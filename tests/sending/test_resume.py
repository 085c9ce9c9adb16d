"""What a person decides about an edition: to continue it, and what becomes of recipients in doubt."""

from datetime import timedelta

import pytest

from digest.errors import UsageError
from digest.sending.resume import resume
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW, READERS, count_states
from tests.servers.smtp import SmtpServer


def test_recipients_in_doubt_are_sent_to_again_only_when_a_person_says_so(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:4])
    smtp_server.handler.after_data = "hang up"
    assert "4 in doubt" in str(newsroom.send())
    assert "nothing to do" in str(newsroom.send())
    smtp_server.handler.after_data = ""
    assert "nothing to do" in str(resume(newsroom.run()[0], "2026-11-23-daily"))
    again = resume(newsroom.run(NOW + timedelta(days=2))[0], "2026-11-23-daily", "send")
    assert "4 accepted" in str(again)
    assert len(smtp_server.handler.mails) == 4
    with pytest.raises(UsageError, match="no edition"):
        resume(newsroom.run()[0], "2020-01-01-daily")


def test_recipients_in_doubt_can_be_skipped(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:2])
    smtp_server.handler.after_data = "hang up"
    newsroom.send()
    smtp_server.handler.after_data = ""
    resume(newsroom.run()[0], "2026-11-23-daily", "skip")
    assert count_states(newsroom) == {"skipped": 2}
    assert smtp_server.handler.mails == []
