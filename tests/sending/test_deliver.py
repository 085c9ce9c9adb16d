"""Delivering a frozen edition: refusals, retries, and a second provider."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from digest.delivery import Backoff
from digest.errors import DeliveryError
from digest.models import Recipient
from digest.sending.cancel import cancel
from digest.sending.send import send
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import ADDRESSES, NOW, READERS
from tests.servers.sendgrid import SendGridServer
from tests.servers.smtp import SmtpServer


def test_a_hundred_readers_through_smtp(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.subscribe(*READERS)
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more=f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n',
    )
    assert newsroom.send().exit_status == 0
    assert sorted(smtp_server.handler.recipients) == sorted(row.partition(",")[0] for row in READERS)
    for mail in smtp_server.handler.mails:
        assert mail.count(b"A comet over the harbour") >= 2
    newsroom.send()
    assert len(smtp_server.handler.mails) == 100


def test_a_hundred_readers_through_sendgrid(newsroom: NewsroomFolder, sendgrid_server: SendGridServer) -> None:
    newsroom.subscribe(*READERS, "ada@example.com,Ada <b>& Co</b>,Science")
    newsroom.through_sendgrid(sendgrid_server)
    assert newsroom.send().exit_status == 0
    assert [len(request["personalizations"]) for request in sendgrid_server.requests] in ([100, 1], [1, 100])
    mails = {mail["to"]: mail for mail in sendgrid_server.mails}
    assert len(mails) == 101
    for address, mail in mails.items():
        assert address in mail["text"]
        assert address in mail["html"]
        assert "xtok" not in mail["text"] + mail["html"]
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["headers"]["List-Unsubscribe"].startswith("<https://www.example.com/leave?t=")
        assert address not in str(mail["custom_args"])
    assert "The ferry is back" not in mails["ada@example.com"]["html"]
    newsroom.send()
    assert len(sendgrid_server.mails) == 101


def test_one_refused_recipient_does_not_stop_the_others(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {"reader2@example.com": "550 5.1.1 no such user"}
    today, problems = newsroom.run()
    report = next(iter(send(today)))
    assert "4 accepted, 1 refused" in str(report)
    assert report.exit_status == 3
    assert [str(problem) for problem in problems] == ["reader2@example.com: refused: 550 5.1.1 no such user"]
    newsroom.send()
    assert len(smtp_server.handler.mails) == 4


def test_a_deferred_recipient_is_retried_by_the_next_run(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "0s"\n')
    newsroom.subscribe(*READERS[:3])
    smtp_server.handler.refuse = {"reader1@example.com": "451 4.7.1 greylisted"}
    assert "1 deferred" in str(newsroom.send())
    smtp_server.handler.refuse = {}
    assert "1 accepted" in str(newsroom.send(NOW + timedelta(minutes=20)))
    assert len(smtp_server.handler.mails) == 3


def test_a_provider_that_is_down_leaves_everyone_pending(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError, match="cannot be reached"):
        newsroom.send()
    newsroom.configure()
    assert "2 accepted" in str(newsroom.send(NOW + timedelta(hours=1)))


def test_a_run_that_died_leaves_its_batch_in_doubt_and_the_next_one_continues(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:5])
    newsroom.send(limit=2)
    today, _ = newsroom.run()
    with Database.open_for(today.config) as database, database.hold("daily"):
        sending = database.recipients.open_claim_queue("2026-11-23-daily", lambda email, _: Recipient(email, "id", {}))
        sending.record_and_claim(
            (), (), batches=1, batch_size=1, limit=9, now=NOW
        )  # claimed, and then the process dies
    again, problems = newsroom.run()
    report = next(iter(send(again)))
    assert "2 accepted" in str(report)
    assert "1 recipient in doubt" in str(problems[0])
    assert len(newsroom.mails()) == 4


def test_a_provider_that_defers_the_only_batch_is_reported_and_retried_by_the_next_run(
    newsroom: NewsroomFolder, sendgrid_server: SendGridServer
) -> None:
    newsroom.subscribe(*READERS)
    newsroom.through_sendgrid(sendgrid_server, options='patience = "0s"\n')
    sendgrid_server.answers = [(429, None)]
    report = newsroom.send()
    assert "0 accepted, 0 refused, 100 deferred" in str(report)
    assert report.exit_status == 3
    assert "100 accepted" in str(newsroom.send(NOW + timedelta(hours=1)))


# --- retries within a run ---------------------------------------------------------------------------------------------


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is a tenth of a second."""
    monkeypatch.setattr(Backoff, "FIRST_WAIT", 0.1)


@pytest.mark.usefixtures("_short_waits")
def test_a_greylisted_recipient_is_retried_within_the_run(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted, come back"}
    smtp_server.handler.refuse_times = 2
    today, problems = newsroom.run()
    report = next(iter(send(today)))
    assert "5 recipients, 5 accepted, 0 refused" in str(report)
    assert report.exit_status == 0
    assert problems == []
    assert len(smtp_server.handler.mails) == 5


@pytest.mark.usefixtures("_short_waits")
def test_after_patience_is_over_the_rest_stays_deferred(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "1s"\n')
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted"}
    today, problems = newsroom.run()
    report = next(iter(send(today)))
    assert "4 accepted, 0 refused, 1 deferred" in str(report)
    assert report.exit_status == 3
    assert [str(problem) for problem in problems] == [f"{ADDRESSES[1]}: deferred: 451 4.7.1 greylisted"]
    assert smtp_server.handler.refused[ADDRESSES[1]] > 2


@pytest.mark.usefixtures("_short_waits")
def test_cancelling_ends_the_wait_for_deferred_recipients(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "10m"\n')
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted"}
    today, _ = newsroom.run()

    def cancel_in_the_third_wait() -> bool:
        if smtp_server.handler.refused[ADDRESSES[1]] == 3:
            cancel(today.config, "2026-11-23-daily", NOW)
        return False

    report = next(iter(send(replace(today, should_stop=cancel_in_the_third_wait))))
    assert "4 accepted, 0 refused, 1 skipped because it was cancelled" in str(report)
    assert report.seconds < 10


@pytest.mark.usefixtures("_short_waits")
def test_a_long_list_greylisted_reader_by_reader_is_sent_in_one_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(220)))
    smtp_server.handler.refuse = {f"reader{number}@example.com": "451 4.7.1 come back" for number in range(220)}
    smtp_server.handler.refuse_times = 1
    assert "220 recipients, 220 accepted, 0 refused" in str(newsroom.send())


def test_recipients_who_stay_deferred_do_not_hold_up_others(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "0s"\n')
    newsroom.subscribe(*READERS[:40])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES[:12], "452 4.2.2 mailbox full")
    with pytest.raises(DeliveryError, match="refused 10 recipients in a row"):
        newsroom.send()
    assert "28 accepted, 0 refused, 12 deferred" in str(newsroom.send())
    del smtp_server.handler.refuse[ADDRESSES[10]], smtp_server.handler.refuse[ADDRESSES[11]]
    assert "2 accepted, 0 refused, 10 deferred" in str(newsroom.send())


@pytest.mark.usefixtures("_short_waits")
def test_recipients_who_stay_deferred_do_not_hold_up_others_within_one_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "1s"\n')
    newsroom.subscribe(*READERS[:40])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES[:12], "452 4.2.2 mailbox full")
    assert "28 accepted, 0 refused, 12 deferred" in str(newsroom.send())


@pytest.mark.usefixtures("_short_waits")
def test_a_server_that_greylists_everyone_is_retried_within_the_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:25])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "451 4.7.1 greylisted, come back")
    smtp_server.handler.refuse_times = 1
    report = newsroom.send()
    assert "25 recipients, 25 accepted, 0 refused" in str(report)
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES[:25])


def test_a_pause_that_the_provider_asks_for_is_kept(newsroom: NewsroomFolder, sendgrid_server: SendGridServer) -> None:
    newsroom.through_sendgrid(sendgrid_server, options='connections = 1\npatience = "0s"\n')
    newsroom.subscribe(*READERS, "ada@example.com,Ada,Science")
    sendgrid_server.answers = [None, (429, None, {"Retry-After": "2"})]
    started = time.monotonic()
    report = newsroom.send()
    assert "101 accepted, 0 refused" in str(report)
    assert time.monotonic() - started > 1
    assert len(sendgrid_server.mails) == 101


# --- a second provider ------------------------------------------------------------------------------------------------


def test_after_a_request_for_a_pause_too_long_the_second_provider_takes_over(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, sendgrid_server: SendGridServer
) -> None:
    newsroom.through_sendgrid(sendgrid_server, options='fallback = "smtp"\n')
    more = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n'
    newsroom.write("digest.toml", (newsroom.path / "digest.toml").read_text() + more)
    newsroom.subscribe(*READERS[:5])
    sendgrid_server.respond = lambda _request: (429, None, {"Retry-After": "3600"})
    today, problems = newsroom.run()
    assert "5 accepted" in str(next(iter(send(today))))
    assert "accepts no email at the moment; smtp takes over" in str(problems[0])


def test_a_provider_that_stops_accepting_is_replaced_by_the_second(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, sendgrid_server: SendGridServer
) -> None:
    newsroom.through_sendgrid(
        sendgrid_server, options='fallback = "smtp"\npatience = "0s"\nconnections = 1\nrate = 100\n'
    )
    more = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n'
    newsroom.write("digest.toml", (newsroom.path / "digest.toml").read_text() + more)
    newsroom.subscribe(*READERS, *(f"more{number}@example.com,M" for number in range(20)))
    sendgrid_server.answers = [None, *[(429, None)] * 50]
    assert "120 accepted" in str(newsroom.send())
    assert (len(sendgrid_server.mails), len(smtp_server.handler.recipients)) == (100, 20)


def test_the_second_provider_takes_over_and_nobody_gets_two_emails(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, sendgrid_server: SendGridServer
) -> None:
    newsroom.through_sendgrid(sendgrid_server)
    more = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n'
    newsroom.write(
        "digest.toml",
        (newsroom.path / "digest.toml")
        .read_text()
        .replace("[delivery]\n", '[delivery]\nfallback = "smtp"\npatience = "0s"\n')
        + more,
    )
    newsroom.subscribe(*READERS, "ada@example.com,Ada,Science")
    sendgrid_server.answers = [None, *[(401, None)] * 4]
    today, problems = newsroom.run()
    assert "101 accepted" in str(next(iter(send(today))))
    both = [*smtp_server.handler.recipients, *(mail["to"] for mail in sendgrid_server.mails)]
    assert sorted(both) == sorted([*ADDRESSES, "ada@example.com"])
    assert smtp_server.handler.recipients
    assert sendgrid_server.mails
    assert "smtp takes over" in str(problems[0])
