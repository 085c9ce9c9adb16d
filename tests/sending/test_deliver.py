"""Sending a frozen edition: each recipient's mail, refusals, deferrals, doubt, and providers that are down."""

import re
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.delivery import Backoff
from digest.errors import DeliveryError, TooLateError, UsageError
from digest.sending.cancel import cancel
from digest.sending.resume import resume
from digest.sending.send import send
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.servers.sendgrid import SendGridServer
from tests.servers.smtp import SmtpServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
READERS = [f"reader{number}@example.com,Reader {number}" for number in range(100)]
ADDRESSES = [row.partition(",")[0] for row in READERS]


def states(newsroom: NewsroomFolder) -> Counter[str]:
    with Database.open_to_read(newsroom.run()[0].config.database_url) as database:
        return Counter(person.state for person in database.recipients.stream("2026-11-23-daily"))


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


def test_a_limit_stops_and_the_next_run_goes_on(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    first = newsroom.send(limit=30)
    assert "30 accepted, 0 refused, 70 left for the next run" in str(first)
    second = newsroom.send(NOW + timedelta(hours=1))
    assert "70 accepted" in str(second)
    assert len({to for mail in newsroom.mails() for to in re.findall(rb"^To: (.*)", mail, re.MULTILINE)}) == 100


def test_one_refused_recipient_does_not_stop_the_others(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {"reader2@example.com": "550 5.1.1 no such user"}
    today, told = newsroom.run()
    report = next(iter(send(today)))
    assert "4 accepted, 1 refused" in str(report)
    assert report.exit_status == 3
    assert [str(problem) for problem in told] == ["reader2@example.com: refused: 550 5.1.1 no such user"]
    newsroom.send()
    assert len(smtp_server.handler.mails) == 4


def test_a_deferred_recipient_is_tried_again_by_the_next_run(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
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


def test_a_run_that_died_leaves_its_batch_in_doubt_and_the_next_goes_on(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:5])
    newsroom.send(limit=2)
    today, _ = newsroom.run()
    with Database.open(today.config.database_url) as database:
        sending = database.recipients.open_claim_queue("2026-11-23-daily")
        sending.record_and_claim(
            (), (), batches=1, batch_size=1, limit=9, now=NOW
        )  # claimed, and then the process dies
    again, told = newsroom.run()
    report = next(iter(send(again)))
    assert "2 accepted" in str(report)
    assert "1 recipient in doubt" in str(told[0])
    assert len(newsroom.mails()) == 4


def test_many_refusals_of_a_kind_are_told_in_a_few_lines(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.refuse = {row.partition(",")[0]: "550 5.1.1 no such user" for row in READERS[:50]}
    today, told = newsroom.run()
    assert "50 accepted, 50 refused" in str(next(iter(send(today))))
    assert len(told) == 4
    assert (
        str(told[3])
        == "47 more recipients: refused: 550 5.1.1 no such user; `digest status 2026-11-23-daily` lists them"
    )


def test_a_provider_that_takes_nobody_is_not_asked_a_hundred_times(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "0s"\n')
    newsroom.subscribe(*READERS)
    smtp_server.handler.after_data = "454 4.7.0 your account is blocked"
    with pytest.raises(
        DeliveryError,
        match=r"refused 1\d recipients in a row: 454 4\.7\.0 your account is blocked.*sent to 0 of 100 recipients",
    ):
        newsroom.send()
    smtp_server.handler.after_data = ""
    assert "100 accepted" in str(newsroom.send(NOW + timedelta(hours=1)))
    assert len(smtp_server.handler.mails) == 100


def test_a_provider_that_defers_the_only_batch_is_reported_and_asked_again_by_the_next_run(
    newsroom: NewsroomFolder, sendgrid_server: SendGridServer
) -> None:
    newsroom.subscribe(*READERS)
    newsroom.through_sendgrid(sendgrid_server, options='patience = "0s"\n')
    sendgrid_server.answers = [(429, None)]
    report = newsroom.send()
    assert "0 accepted, 0 refused, 100 deferred" in str(report)
    assert report.exit_status == 3
    assert "100 accepted" in str(newsroom.send(NOW + timedelta(hours=1)))


def test_a_person_decides_about_recipients_in_doubt(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
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


def test_those_in_doubt_can_be_left(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:2])
    smtp_server.handler.after_data = "hang up"
    newsroom.send()
    smtp_server.handler.after_data = ""
    resume(newsroom.run()[0], "2026-11-23-daily", "skip")
    assert states(newsroom) == {"skipped": 2}
    assert smtp_server.handler.mails == []


def test_a_run_that_is_told_to_stop_finishes_its_batch_and_the_next_goes_on(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:9])
    report = newsroom.send(should_stop=lambda: len(newsroom.mails()) >= 4)
    assert "4 accepted, 0 refused, 5 left for the next run" in str(report)
    assert "5 accepted" in str(newsroom.send())
    assert len(newsroom.mails()) == 9


# --- patience ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait is a tenth of a second."""
    monkeypatch.setattr(Backoff, "FIRST_WAIT", 0.1)


@pytest.mark.usefixtures("_soon")
def test_a_greylisted_recipient_is_tried_again_within_the_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted, come back"}
    smtp_server.handler.refuse_times = 2
    today, told = newsroom.run()
    report = next(iter(send(today)))
    assert "5 recipients, 5 accepted, 0 refused" in str(report)
    assert report.exit_status == 0
    assert told == []
    assert len(smtp_server.handler.mails) == 5


@pytest.mark.usefixtures("_soon")
def test_patience_ends_and_leaves_the_rest_deferred(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "1s"\n')
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted"}
    today, told = newsroom.run()
    report = next(iter(send(today)))
    assert "4 accepted, 0 refused, 1 deferred" in str(report)
    assert report.exit_status == 3
    assert [str(problem) for problem in told] == [f"{ADDRESSES[1]}: deferred: 451 4.7.1 greylisted"]
    assert smtp_server.handler.refused[ADDRESSES[1]] > 2


@pytest.mark.usefixtures("_soon")
def test_cancelling_ends_the_wait_for_those_who_were_deferred(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "10m"\n')
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {ADDRESSES[1]: "451 4.7.1 greylisted"}
    today, _ = newsroom.run()

    def cancelled_in_the_third_wait() -> bool:
        if smtp_server.handler.refused[ADDRESSES[1]] == 3:
            cancel(today.config, "2026-11-23-daily", NOW)
        return False

    report = next(iter(send(replace(today, should_stop=cancelled_in_the_third_wait))))
    assert "4 accepted, 0 refused, 1 skipped because it was cancelled" in str(report)
    assert report.seconds < 10


@pytest.mark.usefixtures("_soon")
def test_a_long_list_that_is_greylisted_reader_by_reader_is_through_in_one_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(220)))
    smtp_server.handler.refuse = {f"reader{number}@example.com": "451 4.7.1 come back" for number in range(220)}
    smtp_server.handler.refuse_times = 1
    assert "220 recipients, 220 accepted, 0 refused" in str(newsroom.send())


def test_whom_the_server_keeps_turning_away_holds_up_nobody_else(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "0s"\n')
    newsroom.subscribe(*READERS[:40])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES[:12], "452 4.2.2 mailbox full")
    with pytest.raises(DeliveryError, match="refused 10 recipients in a row"):
        newsroom.send()
    assert "28 accepted, 0 refused, 12 deferred" in str(newsroom.send())
    del smtp_server.handler.refuse[ADDRESSES[10]], smtp_server.handler.refuse[ADDRESSES[11]]
    assert "2 accepted, 0 refused, 10 deferred" in str(newsroom.send())


@pytest.mark.usefixtures("_soon")
def test_nor_within_one_run(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='patience = "1s"\n')
    newsroom.subscribe(*READERS[:40])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES[:12], "452 4.2.2 mailbox full")
    assert "28 accepted, 0 refused, 12 deferred" in str(newsroom.send())


def test_a_provider_that_takes_nobody_any_more_hands_over_after_it_took_some(
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


def test_who_is_suppressed_by_a_person_stays_so_though_the_bounces_are_taken_back(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:12])
    smtp_server.handler.refuse = {ADDRESSES[0]: "550 5.1.1 no such user"} | dict.fromkeys(ADDRESSES[1:], "554 5.7.1 no")
    today, told = newsroom.run()

    def suppressed_meanwhile() -> bool:
        if smtp_server.handler.refused[ADDRESSES[3]]:
            with Database.open(today.config.database_url) as database:
                database.suppressions.add(ADDRESSES[0], "unsubscribed", NOW)
        return False

    with pytest.raises(DeliveryError, match="in a row"):
        list(send(replace(today, should_stop=suppressed_meanwhile)))
    assert told == []  # whatever was said of single readers was the server's of everyone
    smtp_server.handler.refuse = {}
    assert "11 accepted, 0 refused, 1 suppressed" in str(newsroom.send())


def test_what_is_cancelled_while_the_provider_refuses_everybody_is_closed(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:12])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "554 5.7.1 no")
    today, _ = newsroom.run()

    def cancelled_meanwhile() -> bool:
        if smtp_server.handler.refused[ADDRESSES[8]]:
            cancel(today.config, "2026-11-23-daily", NOW)
        return False

    (report,) = send(replace(today, should_stop=cancelled_meanwhile))
    assert "skipped because it was cancelled" in str(report)
    assert "already cancelled" in str(newsroom.send())


@pytest.mark.usefixtures("_soon")
def test_a_server_that_greylists_everybody_is_tried_again_within_the_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:25])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "451 4.7.1 greylisted, come back")
    smtp_server.handler.refuse_times = 1
    report = newsroom.send()
    assert "25 recipients, 25 accepted, 0 refused" in str(report)
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES[:25])


def test_a_pause_too_long_to_wait_for_has_the_second_provider_take_over(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, sendgrid_server: SendGridServer
) -> None:
    newsroom.through_sendgrid(sendgrid_server, options='fallback = "smtp"\n')
    more = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n'
    newsroom.write("digest.toml", (newsroom.path / "digest.toml").read_text() + more)
    newsroom.subscribe(*READERS[:5])
    sendgrid_server.respond = lambda _request: (429, None, {"Retry-After": "3600"})
    today, told = newsroom.run()
    assert "5 accepted" in str(next(iter(send(today))))
    assert "accepts no email at the moment; smtp takes over" in str(told[0])


def test_a_pause_that_the_provider_asks_for_is_kept(newsroom: NewsroomFolder, sendgrid_server: SendGridServer) -> None:
    newsroom.through_sendgrid(sendgrid_server, options='connections = 1\npatience = "0s"\n')
    newsroom.subscribe(*READERS, "ada@example.com,Ada,Science")
    reset = {"X-RateLimit-Reset": str(int(time.time()) + 2)}
    sendgrid_server.answers = [None, (429, None, reset)]
    started = time.monotonic()
    report = newsroom.send()
    assert "101 accepted, 0 refused" in str(report)
    assert time.monotonic() - started > 1
    assert len(sendgrid_server.mails) == 101


# --- connections ------------------------------------------------------------------------------------------------------


def test_several_connections_share_the_work_and_send_each_mail_once(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 7\n")
    newsroom.subscribe(*READERS)
    newsroom.send()
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES)
    assert len(smtp_server.handler.sessions) == 7


def test_a_server_that_takes_few_connections_costs_the_others_not_a_mail(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 5\n")
    newsroom.subscribe(*READERS)
    smtp_server.handler.sessions_at_most = 2
    today, told = newsroom.run()
    assert "100 accepted" in str(next(iter(send(today))))
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES)
    assert len(told) == 1
    assert "continued with fewer connections" in str(told[0])


def test_a_rate_holds_for_all_connections_together(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 5\nrate = 20\n")
    newsroom.subscribe(*READERS[:30])
    started = time.monotonic()
    newsroom.send()
    assert 1.4 < time.monotonic() - started < 7
    assert len(smtp_server.handler.mails) == 30


def test_past_its_time_a_run_stops_and_the_rest_is_not_sent(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='rate = 5\nmax_lateness = "1s"\n')
    newsroom.subscribe(*READERS)
    with pytest.raises(TooLateError, match=r"2026-11-23-daily.*max_lateness.*digest resume"):
        newsroom.send()
    assert 1 < len(smtp_server.handler.mails) < 20
    assert states(newsroom)["pending"] == 100 - len(smtp_server.handler.mails)


# --- a provider that is down ------------------------------------------------------------------------------------------


def test_refusals_of_everyone_are_the_provider_s_and_nobody_is_lost(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.after_data = "550 5.7.1 your account is blocked"
    with pytest.raises(DeliveryError, match=r"550 5\.7\.1 your account is blocked"):
        newsroom.send()
    assert states(newsroom) == {"pending": 100}
    smtp_server.handler.after_data = ""
    assert "100 accepted" in str(newsroom.send())


@pytest.mark.parametrize("count", [1, 5, 12])
def test_whom_the_provider_refuses_as_everyone_has_not_had_their_edition(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, count: int
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:count])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "554 5.7.1 relay access denied")
    with pytest.raises(DeliveryError, match=r"in a row: 554 5\.7\.1 relay access denied.*sent to 0 of \d+ recipients"):
        newsroom.send()
    assert states(newsroom) == {"pending": count}
    smtp_server.handler.refuse = {}
    assert f"{count} accepted" in str(newsroom.send())


def test_a_server_that_knows_nobody_has_nobody_suppressed(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:15])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "550 5.1.1 no such user")
    with pytest.raises(DeliveryError, match="refused 15 recipients in a row"):
        newsroom.send()
    with Database.open_to_read(newsroom.run()[0].config.database_url) as database:
        assert database.suppressions.list_all() == []
    smtp_server.handler.refuse = {}
    assert "15 accepted" in str(newsroom.send())


def test_a_provider_that_fails_on_everything_leaves_one_batch_in_doubt(
    newsroom: NewsroomFolder, sendgrid_server: SendGridServer
) -> None:
    newsroom.through_sendgrid(sendgrid_server, options="rate = 1000\n")  # batches of a thousand
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(3000)))
    sendgrid_server.respond = lambda _request: (500, None)
    with pytest.raises(DeliveryError, match="failed for 1000 recipients in a row: 500"):
        newsroom.send()
    assert states(newsroom) == {"in_doubt": 1000, "pending": 2000}


def test_the_second_provider_takes_over_and_nobody_gets_two(
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
    today, told = newsroom.run()
    assert "101 accepted" in str(next(iter(send(today))))
    both = [*smtp_server.handler.recipients, *(mail["to"] for mail in sendgrid_server.mails)]
    assert sorted(both) == sorted([*ADDRESSES, "ada@example.com"])
    assert smtp_server.handler.recipients
    assert sendgrid_server.mails
    assert "smtp takes over" in str(told[0])
