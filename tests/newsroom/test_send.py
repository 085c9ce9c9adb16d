"""The main job: an edition sent once to everyone, whichever way it goes out and wherever the ledger is."""

import email
import email.policy
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from digest import config as configuration
from digest.errors import AudienceError, ConfigError, DeliveryError, LateError, LockedError, SourceError, UsageError
from digest.ledger import Ledger
from digest.models import Outcome, Problem
from digest.newsroom import send as newsroom_send
from digest.newsroom.report import Report
from digest.newsroom.run import Run
from digest.newsroom.send import resume, send
from digest.newsroom.trial import dry_run, send_test

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
READERS = [f"reader{number}@example.com,Reader {number}" for number in range(100)]


def run(folder: Any, now: datetime = NOW, **options: Any) -> tuple[Run, list[Problem]]:
    told: list[Problem] = []
    loaded = configuration.load(folder.path / "digest.toml")
    return Run(loaded, "daily", now, lambda: now, told.append, lambda _done, _all: None, **options), told


def sent(folder: Any, now: datetime = NOW, **options: Any) -> Report:
    return list(send(run(folder, now, **options)[0]))[-1]


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()


def test_a_hundred_readers_get_a_mail_each_and_a_second_run_sends_none(newsroom: Any) -> None:
    newsroom.subscribe(*READERS)
    report = sent(newsroom)
    assert str(report).startswith("2026-11-23-daily: 2 stories, 100 recipients, 100 accepted, 0 refused, ")
    mails = [parsed(mail) for mail in newsroom.mails()]
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {row.partition(",")[0] for row in READERS}
    assert len({mail["Message-ID"] for mail in mails}) == 100
    for mail in mails:
        text, html = parts(mail)
        assert "A comet over the harbour" in text
        assert "A comet over the harbour" in html
        address = mail["To"].addresses[0].addr_spec
        assert address in text
        assert address in html
        assert "xtok" not in text + html + mail["List-Unsubscribe"]

    again = sent(newsroom, NOW + timedelta(hours=2))
    assert str(again) == "2026-11-23-daily: already sent to 100 readers at 07:00, nothing to do"
    assert again.exit_status == 0
    assert len(newsroom.mails()) == 100


def test_a_hundred_readers_through_smtp(newsroom: Any, smtp_server: Any) -> None:
    newsroom.subscribe(*READERS)
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more=f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n',
    )
    assert sent(newsroom).exit_status == 0
    assert sorted(smtp_server.handler.recipients) == sorted(row.partition(",")[0] for row in READERS)
    for mail in smtp_server.handler.mails:
        assert all("A comet over the harbour" in part for part in parts(parsed(mail)))
    sent(newsroom)
    assert len(smtp_server.handler.mails) == 100


def test_a_hundred_readers_through_sendgrid(
    newsroom: Any, sendgrid_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", sendgrid_server.key)
    newsroom.subscribe(*READERS, "ada@example.com,Ada <b>& Co</b>,Science")
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "sendgrid"\n'),
        more=f'[delivery.sendgrid]\nhost = "{sendgrid_server.url}"\n',
    )
    assert sent(newsroom).exit_status == 0
    assert [len(request["personalizations"]) for request in sendgrid_server.requests] == [100, 1]
    mails = {mail["to"]: mail for mail in sendgrid_server.mails}
    assert len(mails) == 101
    for address, mail in mails.items():
        assert address in mail["text/plain"]
        assert address in mail["text/html"]
        assert "xtok" not in mail["text/plain"] + mail["text/html"]
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["headers"]["List-Unsubscribe"].startswith("<https://www.example.com/leave?t=")
        assert address not in str(mail["custom_args"])
    assert "The ferry is back" not in mails["ada@example.com"]["text/html"]
    sent(newsroom)
    assert len(sendgrid_server.mails) == 101


def test_the_ledger_in_postgresql(newsroom: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    newsroom.subscribe(*READERS)
    sent(newsroom)
    assert "nothing to do" in str(sent(newsroom))
    assert len(newsroom.mails()) == 100
    assert not list(newsroom.path.glob("ledger*"))


def test_readers_with_categories_get_those_and_nothing_without_news(newsroom: Any) -> None:
    report = sent(newsroom)
    assert report.recipients == 2
    by_reader = {parsed(mail)["To"].addresses[0].addr_spec: parts(parsed(mail)) for mail in newsroom.mails()}
    assert set(by_reader) == {"ada@example.com", "kenji@example.org"}
    assert "The ferry is back" not in by_reader["kenji@example.org"][1]


def test_every_mail_has_the_headers_of_a_newsletter(newsroom: Any) -> None:
    sent(newsroom)
    mail = parsed(newsroom.mails()[0])
    assert mail["From"] == "The Gazette <news@example.com>"
    assert mail["Date"].datetime == NOW
    assert mail["List-Id"] == "<daily.digest.example.com>"
    assert mail["List-Unsubscribe"].endswith(", <mailto:leave@example.com?subject=unsubscribe>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")


def test_the_next_day_has_only_what_is_new(newsroom: Any) -> None:
    sent(newsroom)
    assert str(sent(newsroom, NOW + timedelta(days=1))).endswith("no new stories since 23 Nov 07:00, nothing sent")
    feed = newsroom.path / "feed.xml"
    feed.write_text(
        feed.read_text().replace(
            "</channel>",
            "<item><title>Line 7 on time</title><link>https://www.example.com/line7</link><category>City</category>"
            "<pubDate>Tue, 24 Nov 2026 05:00:00 GMT</pubDate></item></channel>",
        )
    )
    report = sent(newsroom, NOW + timedelta(days=1))
    assert (report.edition, report.stories) == ("2026-11-24-daily", 1)


def test_a_source_that_failed_loses_nothing(newsroom: Any) -> None:
    newsroom.write(
        "other.xml",
        (newsroom.path / "feed.xml").read_text().replace("/ferry", "/other").replace("ferry is", "other was"),
    )
    more = '[[sources]]\ntype = "feed"\nname = "other"\npath = "other.xml"\n'
    newsroom.configure(more=more)
    other = newsroom.path / "other.xml"
    text = other.read_text()
    other.unlink()
    today, told = run(newsroom)
    assert next(iter(send(today))).stories == 2
    assert any("other.xml: no such file" in str(problem) for problem in told)
    other.write_text(text)
    report = sent(newsroom, NOW + timedelta(days=1))
    assert report.stories == 1
    assert "The other was back" in str(parts(parsed(newsroom.mails()[-1])))


def test_when_no_source_can_be_read_nothing_is_sent(newsroom: Any) -> None:
    (newsroom.path / "feed.xml").write_text("<html><body>Maintenance</body></html>")
    with pytest.raises(SourceError, match="web page"):
        sent(newsroom)
    assert newsroom.mails() == []


def test_a_preview_a_dry_run_and_a_test_leave_no_trace(newsroom: Any) -> None:
    before = sorted(newsroom.path.iterdir())
    assert str(dry_run(run(newsroom)[0])) == "2026-11-23-daily: dry run: would send 2 stories to 2 recipients"
    assert sorted(newsroom.path.iterdir()) == before
    report = send_test(run(newsroom)[0], ["editor@example.com", "editor@example.com"])
    assert report.recipients == 1
    assert [parsed(mail)["Subject"] for mail in newsroom.mails()] == ["[Test] The ferry is back"]
    assert not list(newsroom.path.glob("ledger*"))
    assert sent(newsroom).recipients == 2


def test_a_second_run_at_the_same_time_is_refused(newsroom: Any) -> None:
    with Ledger.open(run(newsroom)[0].config.database_url) as ledger, ledger.lock(), pytest.raises(LockedError):
        sent(newsroom)


def test_a_limit_stops_and_the_next_run_goes_on(newsroom: Any) -> None:
    newsroom.subscribe(*READERS)
    first = sent(newsroom, limit=30)
    assert "30 accepted, 0 refused, 70 left for the next run" in str(first)
    second = sent(newsroom, NOW + timedelta(hours=1))
    assert "70 accepted" in str(second)
    assert len({parsed(mail)["To"] for mail in newsroom.mails()}) == 100


def with_smtp(newsroom: Any, smtp_server: Any) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more=f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp_server.port}\nsecurity = "plain"\n',
    )


def test_one_refused_recipient_does_not_stop_the_others(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS[:5])
    smtp_server.handler.refuse = {"reader2@example.com": "550 5.1.1 no such user"}
    today, told = run(newsroom)
    report = next(iter(send(today)))
    assert "4 accepted, 1 refused" in str(report)
    assert report.exit_status == 3
    assert [str(problem) for problem in told] == ["reader2@example.com: refused: 550 5.1.1 no such user"]
    sent(newsroom)
    assert len(smtp_server.handler.mails) == 4


def test_a_deferred_recipient_is_tried_again_by_the_next_run(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS[:3])
    smtp_server.handler.refuse = {"reader1@example.com": "451 4.7.1 greylisted"}
    assert "1 deferred" in str(sent(newsroom))
    smtp_server.handler.refuse = {}
    assert "1 accepted" in str(sent(newsroom, NOW + timedelta(minutes=20)))
    assert len(smtp_server.handler.mails) == 3


def test_a_provider_that_is_down_leaves_everyone_pending(newsroom: Any) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError, match="cannot be reached"):
        sent(newsroom)
    newsroom.configure()
    assert "2 accepted" in str(sent(newsroom, NOW + timedelta(hours=1)))


def test_past_max_lateness_nothing_is_sent_unless_asked(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:4])
    sent(newsroom, limit=1)
    late = NOW + timedelta(hours=6, minutes=1)
    with pytest.raises(LateError, match=r"too late to send by 0 h 1 min.*1 of 4 readers have it.*--late"):
        sent(newsroom, late)
    assert "3 accepted" in str(sent(newsroom, late, late=True))


def test_lateness_counts_from_at_where_it_is_set(newsroom: Any) -> None:
    newsroom.configure(("[sections]", '[daily]\nat = "00:30"\n[sections]'))
    with pytest.raises(LateError, match="nobody has it"):
        sent(newsroom)
    assert newsroom.mails() == []
    assert not any(record for record in ledger_of(newsroom))


def ledger_of(newsroom: Any) -> list[Any]:
    with Ledger.open_to_read(run(newsroom)[0].config.database_url) as ledger:
        return list(ledger.editions())


def test_an_edition_that_nobody_got_goes_into_the_next_day_s(newsroom: Any) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError):
        sent(newsroom)
    newsroom.configure()
    tomorrow, told = run(newsroom, NOW + timedelta(hours=21))
    reports = list(send(tomorrow))
    assert [report.edition for report in reports] == ["2026-11-24-daily"]
    assert "its stories go into the next edition" in str(told[0])
    assert {record.id: record.state for record in ledger_of(newsroom)} == {
        "2026-11-23-daily": "cancelled",
        "2026-11-24-daily": "sent",
    }


def test_an_edition_that_some_got_is_stopped_the_next_day_and_told(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:4])
    sent(newsroom, limit=1)
    reports = list(send(run(newsroom, NOW + timedelta(days=1))[0]))
    assert str(reports[0]) == "2026-11-23-daily: stopped: too late for the 3 readers of 4 without it"
    assert reports[0].exit_status == 3
    assert "no new stories" in str(reports[1])


def test_an_edition_of_yesterday_is_finished_while_it_is_not_late(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:4])
    night = datetime(2026, 11, 23, 23, 50, tzinfo=UTC)
    sent(newsroom, night, limit=1)
    reports = list(send(run(newsroom, night + timedelta(minutes=20))[0]))
    assert (reports[0].edition, reports[0].outcomes[Outcome.ACCEPTED]) == ("2026-11-23-daily", 3)


def test_a_run_that_died_leaves_its_batch_in_doubt_and_the_next_goes_on(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:5])
    sent(newsroom, limit=2)
    today, _ = run(newsroom)
    with Ledger.open(today.config.database_url) as ledger:
        ledger.turn("2026-11-23-daily", (), 1, NOW)  # claimed, and then the process dies
    again, told = run(newsroom)
    report = next(iter(send(again)))
    assert "2 accepted" in str(report)
    assert "1 recipient in doubt" in str(told[0])
    assert len(newsroom.mails()) == 4


def test_cancelling_gives_up_what_is_left(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:4])
    sent(newsroom, limit=1)
    loaded = run(newsroom)[0].config
    assert "3 of 4 readers do not get it" in newsroom_send.cancel(loaded, "2026-11-23-daily", NOW)
    assert "already cancelled" in str(sent(newsroom))
    assert len(newsroom.mails()) == 1


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ('postal_address = "1 Quay Street, Example City"\n', "postal_address under [publication]"),
        ('from = "The Gazette <news@example.com>"\n', "under [delivery]"),
    ],
)
def test_a_mail_that_lacks_what_it_must_have_is_refused(newsroom: Any, old: str, words: str) -> None:
    newsroom.configure((old, ""))
    with pytest.raises(ConfigError) as caught:
        sent(newsroom)
    assert words in str(caught.value)
    assert not list(newsroom.path.glob("ledger*"))


def test_no_way_to_unsubscribe_is_refused(newsroom: Any) -> None:
    newsroom.configure(
        ('unsubscribe_url = "https://www.example.com/leave?t={token}"\n', ""),
        ('unsubscribe_mailto = "leave@example.com"\n', ""),
    )
    with pytest.raises(ConfigError, match="unsubscribe_url or unsubscribe_mailto"):
        sent(newsroom)


@pytest.mark.parametrize(
    ("environment", "provider", "words"),
    [("SENDGRID_API_KEY", "sendgrid", "SENDGRID_API_KEY"), ("DIGEST_SECRET_KEY", "maildir", "DIGEST_SECRET_KEY")],
)
def test_a_missing_secret_is_named(
    newsroom: Any, monkeypatch: pytest.MonkeyPatch, environment: str, provider: str, words: str
) -> None:
    monkeypatch.delenv(environment, raising=False)
    newsroom.configure(("[delivery]\n", f'[delivery]\nprovider = "{provider}"\n'))
    with pytest.raises(ConfigError, match=words):
        sent(newsroom)


def test_no_valid_subscriber_is_an_error_that_leaves_no_trace(newsroom: Any) -> None:
    newsroom.subscribe("not an address,X")
    today, told = run(newsroom)
    with pytest.raises(AudienceError, match="not one valid subscriber"):
        list(send(today))
    assert "subscribers.csv:2" in str(told[0])
    assert ledger_of(newsroom) == []


def test_no_sources_is_an_error(newsroom: Any) -> None:
    newsroom.configure(('[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n', ""))
    with pytest.raises(ConfigError, match=r"no sources.*\[\[sources\]\]"):
        sent(newsroom)


def test_another_feed_s_undated_copy_does_not_come_back(newsroom: Any) -> None:
    copy = "<item><title>The ferry is back!</title><link>https://wire.example/7</link></item>"
    newsroom.write("wire.xml", f"<rss version='2.0'><channel>{copy}</channel></rss>")
    newsroom.configure(more='[[sources]]\ntype = "feed"\nname = "wire"\npath = "wire.xml"\n')
    assert sent(newsroom).stories == 2
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("The ferry is back", "Something older"))
    assert "no new stories" in str(sent(newsroom, NOW + timedelta(days=1)))


def test_a_story_published_late_under_an_old_date_is_news_when_first_seen(newsroom: Any) -> None:
    old = "<item><title>From the archive</title><link>https://www.example.com/1</link><pubDate>Sun, 01 Nov 2026 05:00:00 GMT</pubDate></item>"
    feed = newsroom.path / "feed.xml"
    whole = feed.read_text()
    feed.write_text(whole.replace("</channel>", old + "</channel>"))
    assert sent(newsroom).stories == 2
    late = old.replace("archive", "desk, late").replace("/1<", "/2<").replace("01 Nov", "20 Nov")
    older = old.replace("archive", "far archive").replace("/1<", "/3<").replace("2026", "2019")
    feed.write_text(whole.replace("</channel>", old + late + older + "</channel>"))
    tomorrow = sent(newsroom, NOW + timedelta(days=1))
    assert tomorrow.stories == 1
    assert "From the desk, late" in str(parts(parsed(newsroom.mails()[-1])))


def test_an_undated_story_is_sent_once(newsroom: Any) -> None:
    newsroom.write("feed.xml", "<rss version='2.0'><channel><item><title>No date at all</title></item></channel></rss>")
    assert sent(newsroom).stories == 1
    assert "no new stories" in str(sent(newsroom, NOW + timedelta(days=1)))


def test_a_correction_is_not_news_again(newsroom: Any) -> None:
    sent(newsroom)
    feed = newsroom.path / "feed.xml"
    corrected = (
        feed.read_text()
        .replace("The ferry is back", "Corrected: the ferry is nearly back")
        .replace("23 Nov 2026 05", "24 Nov 2026 05")
    )
    feed.write_text(corrected)
    assert "no new stories" in str(sent(newsroom, NOW + timedelta(days=1)))


def test_many_refusals_of_a_kind_are_told_in_a_few_lines(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.refuse = {row.partition(",")[0]: "550 5.1.1 no such user" for row in READERS[:50]}
    today, told = run(newsroom)
    assert "50 accepted, 50 refused" in str(next(iter(send(today))))
    assert len(told) == 4
    assert (
        str(told[3])
        == "47 more recipients: refused: 550 5.1.1 no such user; `digest status 2026-11-23-daily` names them"
    )


def test_a_provider_that_takes_nobody_is_not_asked_a_hundred_times(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS)
    smtp_server.handler.after_data = "454 4.7.0 your account is blocked"
    with pytest.raises(
        DeliveryError, match=r"takes none of the first 10: 454 4\.7\.0 your account is blocked.*0 of 100 were"
    ):
        sent(newsroom)
    smtp_server.handler.after_data = ""
    assert "100 accepted" in str(sent(newsroom, NOW + timedelta(hours=1)))
    assert len(smtp_server.handler.mails) == 100


def test_a_provider_that_defers_the_only_batch_is_reported_and_asked_again_by_the_next_run(
    newsroom: Any, sendgrid_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", sendgrid_server.key)
    newsroom.subscribe(*READERS)
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "sendgrid"\n'),
        more=f'[delivery.sendgrid]\nhost = "{sendgrid_server.url}"\n',
    )
    sendgrid_server.answers = [(429, None)]
    report = sent(newsroom)
    assert "0 accepted, 0 refused, 100 deferred" in str(report)
    assert report.exit_status == 3
    assert "100 accepted" in str(sent(newsroom, NOW + timedelta(hours=1)))


def test_a_person_decides_about_recipients_in_doubt(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS[:4])
    smtp_server.handler.after_data = "hang up"
    assert "4 in doubt" in str(sent(newsroom))
    assert "nothing to do" in str(sent(newsroom))
    smtp_server.handler.after_data = ""
    assert "nothing to do" in str(resume(run(newsroom)[0], "2026-11-23-daily"))
    again = resume(run(newsroom, NOW + timedelta(days=2))[0], "2026-11-23-daily", "send")
    assert "4 accepted" in str(again)
    assert len(smtp_server.handler.mails) == 4
    with pytest.raises(UsageError, match="no edition"):
        resume(run(newsroom)[0], "2020-01-01-daily")


def test_those_in_doubt_can_be_left(newsroom: Any, smtp_server: Any) -> None:
    with_smtp(newsroom, smtp_server)
    newsroom.subscribe(*READERS[:2])
    smtp_server.handler.after_data = "hang up"
    sent(newsroom)
    smtp_server.handler.after_data = ""
    resume(run(newsroom)[0], "2026-11-23-daily", "skip")
    assert ledger_of(newsroom)[0].counts == {"skipped": 2}
    assert smtp_server.handler.mails == []


def test_a_run_that_is_told_to_stop_finishes_its_batch_and_the_next_goes_on(newsroom: Any) -> None:
    newsroom.subscribe(*READERS[:9])
    report = sent(newsroom, stopping=lambda: len(newsroom.mails()) >= 4)
    assert "4 accepted, 0 refused, 5 left for the next run" in str(report)
    assert "5 accepted" in str(sent(newsroom))
    assert len(newsroom.mails()) == 9


def test_a_day_without_network_loses_no_story_and_sends_none_twice(newsroom: Any) -> None:
    items: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<rss version='2.0'><channel>{''.join(reversed(items[-10:]))}</channel></rss>".encode()
            self.send_response(200)
            self.send_header("ETag", f'"{len(items)}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    def publish(day: int) -> None:
        for hour in (2, 5):
            name = f"A story of day {day} at {hour} o'clock in the morning"
            moment = f"{day} Nov 2026 {hour:02}:00:00 GMT"
            items.append(
                f"<item><title>{name}</title><link>https://www.example.com/{day}/{hour}</link><pubDate>{moment}</pubDate></item>"
            )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_port
    old = '[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n'
    newsroom.configure((old, old.replace('path = "feed.xml"', f'url = "http://127.0.0.1:{port}/feed"')))
    newsroom.subscribe("ada@example.com,Ada")
    publish(23)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    assert sent(newsroom).stories == 2
    server.shutdown()
    server.server_close()
    thread.join()

    publish(24)
    with pytest.raises(SourceError, match="cannot be reached"):
        sent(newsroom, NOW + timedelta(days=1))

    publish(25)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        assert sent(newsroom, NOW + timedelta(days=2)).stories == 4
        assert "nothing to do" in str(sent(newsroom, NOW + timedelta(days=2, hours=1)))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    mails = [parts(parsed(mail))[0] for mail in newsroom.mails()]
    for day in (23, 24, 25):
        for hour in (2, 5):
            assert [f"/{day}/{hour}\n" in mail.replace("\r\n", "\n") for mail in mails].count(True) == 1
