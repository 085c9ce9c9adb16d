"""Batches on several connections: limits, rates, stops, and a provider that refuses everyone."""

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.errors import DeliveryError, LockedError, TooLateError
from digest.sending.send import send
from digest.storage import Database
from digest.storage.engine import open_engine, parse_url, transaction
from digest.storage.tables import leases
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import ADDRESSES, NOW, READERS, count_states
from tests.servers.sendgrid import SendGridServer
from tests.servers.smtp import SmtpServer


def test_a_limit_stops_a_run_and_the_next_one_continues(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    first = newsroom.send(limit=30)
    assert "30 accepted, 0 refused, 70 left for the next run" in str(first)
    second = newsroom.send(NOW + timedelta(hours=1))
    assert "70 accepted" in str(second)
    assert len({to for mail in newsroom.mails() for to in re.findall(rb"^To: (.*)", mail, re.MULTILINE)}) == 100


def test_a_run_asked_to_stop_finishes_its_batch_and_the_next_one_continues(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:9])
    report = newsroom.send(should_stop=lambda: len(newsroom.mails()) >= 4)
    assert "4 accepted, 0 refused, 5 left for the next run" in str(report)
    assert "5 accepted" in str(newsroom.send())
    assert len(newsroom.mails()) == 9


def test_a_run_that_is_out_of_time_stops(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options='rate = 5\nmax_lateness = "1s"\n')
    newsroom.subscribe(*READERS)
    with pytest.raises(TooLateError, match=r"2026-11-23-daily.*max_lateness.*digest resume"):
        newsroom.send()
    assert 1 < len(smtp_server.handler.mails) < 20
    assert count_states(newsroom)["pending"] == 100 - len(smtp_server.handler.mails)


def test_several_connections_share_the_work_and_send_each_email_once(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 7\n")
    newsroom.subscribe(*READERS)
    newsroom.send()
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES)
    assert len(smtp_server.handler.sessions) == 7


def test_a_server_that_accepts_few_connections_loses_no_email(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 5\n")
    newsroom.subscribe(*READERS)
    smtp_server.handler.sessions_at_most = 2
    today, problems = newsroom.run()
    assert "100 accepted" in str(next(iter(send(today))))
    assert sorted(smtp_server.handler.recipients) == sorted(ADDRESSES)
    assert len(problems) == 1
    assert "continued with fewer connections" in str(problems[0])


def test_a_rate_holds_for_all_connections_together(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 5\nrate = 20\n")
    newsroom.subscribe(*READERS[:30])
    started = time.monotonic()
    newsroom.send()
    assert 1.4 < time.monotonic() - started < 7
    assert len(smtp_server.handler.mails) == 30


# --- a provider that refuses everyone ---------------------------------------------------------------------------------


def test_a_provider_that_accepts_nobody_is_not_tried_a_hundred_times(
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


def test_after_a_provider_refused_everyone_nobody_is_lost(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.after_data = "550 5.7.1 your account is blocked"
    with pytest.raises(DeliveryError, match=r"550 5\.7\.1 your account is blocked"):
        newsroom.send()
    assert count_states(newsroom) == {"pending": 100}
    smtp_server.handler.after_data = ""
    assert "100 accepted" in str(newsroom.send())


@pytest.mark.parametrize("count", [1, 5, 12])
def test_a_short_list_refused_whole_stays_pending(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, count: int
) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:count])
    smtp_server.handler.refuse = dict.fromkeys(ADDRESSES, "554 5.7.1 relay access denied")
    with pytest.raises(DeliveryError, match=r"in a row: 554 5\.7\.1 relay access denied.*sent to 0 of \d+ recipients"):
        newsroom.send()
    assert count_states(newsroom) == {"pending": count}
    smtp_server.handler.refuse = {}
    assert f"{count} accepted" in str(newsroom.send())


def test_a_server_that_bounces_everyone_suppresses_nobody(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
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
    assert count_states(newsroom) == {"in_doubt": 1000, "pending": 2000}


def test_an_unsubscription_stays_when_bounces_are_reverted(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*READERS[:12])
    smtp_server.handler.refuse = {ADDRESSES[0]: "550 5.1.1 no such user"} | dict.fromkeys(ADDRESSES[1:], "554 5.7.1 no")
    today, problems = newsroom.run()

    def suppress_meanwhile() -> bool:
        if smtp_server.handler.refused[ADDRESSES[3]]:
            with Database.open(today.config.database_url) as database:
                database.suppressions.add(ADDRESSES[0], "unsubscribed", NOW)
        return False

    with pytest.raises(DeliveryError, match="in a row"):
        list(send(replace(today, should_stop=suppress_meanwhile)))
    assert problems == []  # the refusals were the fault of the server, not of these readers
    smtp_server.handler.refuse = {}
    assert "11 accepted, 0 refused, 1 suppressed" in str(newsroom.send())


def test_a_run_that_another_one_replaced_records_what_is_in_flight_and_leaves(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 4\n")
    newsroom.subscribe(*READERS[:12])
    url = newsroom.run()[0].config.database_url

    def replace_the_run() -> str:
        if len(smtp_server.handler.recipients) == 5:
            engine = open_engine(parse_url(url))
            with transaction(engine) as connection:
                connection.execute(update(leases).values(holder="another run"))
            engine.dispose()
        return ""

    smtp_server.handler.mood = replace_the_run
    with pytest.raises(LockedError, match="took over"):
        newsroom.send()
    mailed = len(smtp_server.handler.recipients)
    assert 5 <= mailed < 12
    assert count_states(newsroom) == {"accepted": mailed, "pending": 12 - mailed}
