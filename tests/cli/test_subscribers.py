"""Commands that list, import, export, suppress and erase readers: their output and exit status."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from digest.storage import Consent, Database
from tests.command import digest
from tests.newsroom_folder import NewsroomFolder

NOW = "2026-11-23T07:00:00Z"
GHOST = """\
id,email,name,subscribed_to_emails,created_at,labels
1,Ada@example.com,Ada Penhale,true,2026-01-01,
2,new@example.com,The New One,true,2026-01-01,"Science,VIP"
3,left@example.com,Gone,false,2026-01-01,
4,kenji@example.org,Kenji,false,2026-01-01,
5,nobody,No Address,true,2026-01-01,
"""
HEADER = "email,name,categories,cadence,timezone,language,status"


def recipients(edition: str) -> dict[str, str]:
    status = json.loads(digest("status", edition, "--json").stdout)
    return {person["email"]: person["state"] for person in status["recipients"]}


def test_list_shows_who_gets_mail_and_why_others_do_not(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(
        "ada@example.com,Ada,,weekdays,,de",
        "kenji@example.org,Kenji,Science",
        "zoe@example.net,Zoë,,weekly,,,unsubscribed",
        "nobody,X",
        "bad@example.com,B",
    )
    assert digest("suppress", "bad@example.com", "--reason", "bounced").returncode == 0
    shown = digest("subscribers", "list", "--segment")
    assert shown.returncode == 0
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert shown.stdout.splitlines() == [
        "email\tname\tcadence\tstatus\tsegment\tmail",
        "ada@example.com\tAda\tweekdays\tactive\t||de\tyes",
        "kenji@example.org\tKenji\tdaily\tactive\tscience\tyes",
        "zoe@example.net\tZoë\tweekly\tunsubscribed\t\tunsubscribed",
        f"bad@example.com\tB\tdaily\tactive\t\tsuppressed since {today}: bounced",
        "4 subscribers: 1 weekdays, 1 daily, 1 unsubscribed, 1 suppressed",
    ]
    assert "subscribers.csv:5: `nobody` is not a valid email address" in shown.stderr
    listed = json.loads(digest("subscribers", "list", "--json").stdout)
    assert listed["counts"] == {"weekdays": 1, "daily": 1, "unsubscribed": 1, "suppressed": 1}
    assert [row["gets_mail"] for row in listed["subscribers"]] == [True, True, False, False]
    assert listed["subscribers"][1]["categories"] == ["Science"]


def test_import_adds_readers_and_keeps_out_those_who_left(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("# ours", "ada@example.com,", "kenji@example.org,Kenji", "zoe@example.net,Zoë")
    newsroom.write("ghost.csv", GHOST)
    before = (newsroom.path / "subscribers.csv").read_text()

    dry = digest("subscribers", "import", "ghost.csv", "--dry-run")
    line = "1 added, 2 changed, 0 already there, 1 left out, 2 opted out and not mailed\n"
    assert (dry.returncode, dry.stdout) == (3, f"dry run, nothing written: {line}")
    assert (newsroom.path / "subscribers.csv").read_text() == before
    assert not list(newsroom.path.glob("ledger*"))

    done = digest("subscribers", "import", "ghost.csv")
    assert (done.returncode, done.stdout) == (3, line)
    assert (
        "ghost.csv:6: `nobody` is not a valid email address: An email address must have an @-sign; left out"
        in done.stderr
    )
    assert "ghost.csv:1: tags not imported: VIP" in done.stderr
    assert (newsroom.path / "subscribers.csv").read_text().splitlines() == [
        HEADER,
        "# ours",
        "ada@example.com,Ada Penhale,,,,,",
        "kenji@example.org,Kenji,,,,,unsubscribed",
        "zoe@example.net,Zoë",
        "new@example.com,The New One,Science,,,,active",
    ]
    assert (newsroom.path / "subscribers.csv.bak").read_text() == before
    suppressed = digest("suppress", "--list").stdout
    assert "left@example.com\tunsubscribed\t" in suppressed
    assert "kenji@example.org\tunsubscribed\t" in suppressed

    # Though a later export calls them active again, they stay out until somebody says otherwise.
    newsroom.write("again.csv", "email,status\nleft@example.com,active\nnew@example.com,active\n")
    again = digest("subscribers", "import", "again.csv")
    assert (again.returncode, again.stdout) == (3, "0 added, 0 changed, 1 already there, 1 left out\n")
    assert "again.csv:2: left@example.com has been suppressed since" in again.stderr
    digest("unsuppress", "left@example.com")
    assert digest("subscribers", "import", "again.csv").stdout == "1 added, 0 changed, 1 already there, 0 left out\n"


def test_what_is_exported_can_be_imported_elsewhere(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada,World|Science,weekly,Asia/Tokyo,de", "zoe@example.net,Zoë")
    digest("suppress", "zoe@example.net", "--reason", "complained")
    digest("suppress", "never@example.com")
    exported = digest("subscribers", "export")
    rows = list(csv.DictReader(io.StringIO(exported.stdout)))
    assert list(rows[0]) == [*HEADER.split(","), "suppressed", "suppressed_since", "paused_until", "consents"]
    assert [(row["email"], row["status"], row["suppressed"]) for row in rows] == [
        ("ada@example.com", "active", ""),
        ("zoe@example.net", "active", "complained"),
        ("never@example.com", "unsubscribed", "unsubscribed"),
    ]
    assert digest("subscribers", "export", "-o", "all.csv").stdout == ""
    assert (newsroom.path / "all.csv").read_text() == exported.stdout
    for file in ("subscribers.csv", "ledger.sqlite3"):
        (newsroom.path / file).unlink()
    taken = digest("subscribers", "import", "all.csv")
    assert taken.stdout == "1 added, 0 changed, 0 already there, 0 left out, 2 opted out and not mailed\n"
    again = list(csv.DictReader(io.StringIO(digest("subscribers", "export").stdout)))
    (evidence,) = json.loads(again[0].pop("consents"))
    assert (evidence["action"], evidence["source"]) == ("imported", "all.csv")
    assert again[0] == {name: value for name, value in rows[0].items() if name != "consents"}
    assert {row["email"]: row["suppressed"] for row in again[1:]} == {
        "zoe@example.net": "complained",
        "never@example.com": "unsubscribed",
    }


def test_a_newsroom_can_do_without_a_file(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[audience]\n", '[audience]\nsubscribers = "database"\n'))
    assert "no valid subscribers; import some" in digest("send", "--daily", "--now", NOW, "--yes").stderr
    (newsroom.path / "subscribers.csv").rename(newsroom.path / "all.csv")
    planned = digest("subscribers", "import", "all.csv", "--dry-run")
    assert planned.stdout == "dry run, nothing written: 3 added, 0 changed, 0 already there, 0 left out\n"
    assert digest("subscribers", "import", "all.csv").stdout == "3 added, 0 changed, 0 already there, 0 left out\n"
    assert digest("subscribers", "import", "all.csv").stdout == "0 added, 0 changed, 3 already there, 0 left out\n"
    with Database.open(newsroom.run()[0].config.database_url) as database:
        moment = datetime(2026, 11, 23, tzinfo=UTC)
        database.reader_choices.choose("zoe@example.net", moment, name="Zoë Brandão", cadence="weekly", categories=())
        agreed = Consent("new@example.com", "confirmed", moment, "https://www.example.com/subscribe", "Yes, please.")
        database.reader_choices.choose("new@example.com", moment, agreed, status="active", language="de")
    shown = digest("subscribers", "list").stdout
    assert "zoe@example.net\tZoë Brandão\tweekly\tactive\tyes\n" in shown
    assert "4 subscribers: 3 daily, 1 weekly" in shown
    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(digest("subscribers", "export").stdout))}
    assert rows["zoe@example.net"]["cadence"] == "weekly"
    assert json.loads(rows["new@example.com"]["consents"]) == [
        {
            "action": "confirmed",
            "given_at": "2026-11-23T00:00:00+00:00",
            "source": "https://www.example.com/subscribe",
            "wording": "Yes, please.",
        }
    ]
    assert json.loads(rows["ada@example.com"]["consents"])[0]["source"] == "all.csv"
    checked = digest("check", "--now", NOW)
    assert "subscribers: 4 readers, 3 daily, 1 weekly" in checked.stdout
    previewed = digest("preview", "--daily", "--now", NOW, "--as", "new@example.com", "-o", "preview.html")
    assert previewed.returncode == 0, previewed.stderr
    assert '<html lang="de"' in (newsroom.path / "preview.html").read_text()
    assert "to 3 recipients" in digest("send", "--daily", "--now", NOW, "--dry-run").stdout
    assert "3 accepted" in digest("send", "--daily", "--now", NOW, "--yes").stdout
    erased = digest("subscribers", "erase", "ada@example.com")
    assert erased.stdout == "ada@example.com is erased (1 row of the database, 1 edition) and never mailed again\n"
    assert "ada@example.com" not in digest("subscribers", "export").stdout
    assert b"ada@example.com" not in (newsroom.path / "ledger.sqlite3").read_bytes()
    assert "subscribed: active by their own choice" in digest("status", "new@example.com").stdout


def test_suppress_reads_a_file_of_addresses(newsroom: NewsroomFolder) -> None:
    newsroom.write("gone.txt", "ada@example.com\nkenji@example.org,complained\nnobody\n")
    done = digest("suppress", "--import", "gone.txt", "--reason", "bounced")
    assert (done.returncode, done.stdout) == (3, "2 suppressed, 0 already suppressed, 1 left out\n")
    assert "gone.txt:3: `nobody` is not a valid email address" in done.stderr
    shown = digest("suppress", "--list").stdout
    assert "ada@example.com\tbounced\t" in shown
    assert "kenji@example.org\tcomplained\t" in shown
    newsroom.write("gone.txt", "email\nADA@example.com\n")
    done = digest("suppress", "--import", "gone.txt")
    assert (done.returncode, done.stdout) == (0, "0 suppressed, 1 already suppressed, 0 left out\n")
    assert digest("suppress", "ada@example.com", "--import", "gone.txt").returncode == 2
    assert digest("suppress", "--import", "nowhere.txt").returncode == 2


def test_an_erased_reader_is_gone_and_cannot_be_imported_again(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji")
    digest("send", "--daily", "--now", NOW)
    newsroom.write("more.csv", "email\nnew@example.com\n")
    digest("subscribers", "import", "more.csv")
    done = digest("subscribers", "erase", "Ada@Example.com")
    line = "ada@example.com is erased (1 row of subscribers.csv, 1 edition) and never mailed again\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")
    for file in newsroom.path.iterdir():
        assert file.is_dir() or b"ada" not in file.read_bytes().lower(), file
    names = [email for email in recipients("2026-11-23-daily") if email.startswith("erased:")]
    assert len(names) == 1
    assert f"{names[0]}\tunsubscribed\t" in digest("suppress", "--list").stdout

    newsroom.write("more.csv", "email\nADA@example.com\n")
    again = digest("subscribers", "import", "more.csv")
    assert (again.returncode, again.stdout) == (3, "0 added, 0 changed, 0 already there, 1 left out\n")
    assert "more.csv:2: ada@example.com was erased at their request on " in again.stderr

    # Nor by hand: the send itself recognises them.
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji")
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("/ferry", "/boat").replace("The ferry", "Another ferry"))
    assert "suppressed since" in digest("subscribers", "list").stdout
    feed.write_text(feed.read_text().replace("Mon, 23 Nov 2026 05", "Tue, 24 Nov 2026 05"))
    sent = digest("send", "--daily", "--now", "2026-11-24T07:00:00Z")
    assert "1 accepted, 0 refused, 1 suppressed" in sent.stdout
    digest("unsuppress", "ada@example.com")
    assert "ada@example.com\tAda\tdaily\tactive\tyes" in digest("subscribers", "list").stdout


def test_erasing_waits_for_a_send_and_settles_what_one_left(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(3)))
    assert "2 left for the next run" in digest("send", "--daily", "--now", NOW, "--limit", "1").stdout
    with Database.open(newsroom.run()[0].config.database_url) as database, database.hold("daily"):
        held = digest("subscribers", "erase", "reader2@example.com")
    assert held.returncode == 75
    assert "reader2@example.com" in (newsroom.path / "subscribers.csv").read_text()
    assert digest("subscribers", "erase", "reader2@example.com").returncode == 0
    assert digest("send", "--daily", "--now", NOW).returncode == 0
    states = recipients("2026-11-23-daily")
    assert sorted(states.values()) == ["accepted", "accepted", "suppressed"]
    assert len(newsroom.mails()) == 2


def test_files_that_still_name_an_erased_reader_are_reported(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("# ada@example.com is the mayor", "ada@example.com,Ada")
    done = digest("subscribers", "erase", "ada@example.com")
    assert done.returncode == 3
    assert "subscribers.csv:2: still contains ada@example.com; delete it by hand" in done.stderr


def test_without_the_key_nobody_is_erased_and_erased_readers_are_not_mailed(
    newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(("?t={token}", ""))
    monkeypatch.delenv("DIGEST_SECRET_KEY")
    refused = digest("subscribers", "erase", "ada@example.com")
    assert refused.returncode == 2
    assert "needs a DIGEST_SECRET_KEY" in refused.stderr
    assert "ada@example.com" in (newsroom.path / "subscribers.csv").read_text()
    monkeypatch.setenv("DIGEST_SECRET_KEY", "for tests only")
    assert digest("subscribers", "erase", "ada@example.com").returncode == 0
    monkeypatch.delenv("DIGEST_SECRET_KEY")
    sent = digest("send", "--daily", "--now", NOW)
    assert sent.returncode == 2
    assert "1 erased reader would not be recognised" in sent.stderr
    assert newsroom.mails() == []


def test_a_weekdays_reader_gets_no_mail_on_a_saturday(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada,,weekdays", "kenji@example.org,Kenji,,daily")
    newsroom.configure(("postal_address", 'timezone = "Asia/Tokyo"\npostal_address'))
    feed = newsroom.path / "feed.xml"
    for day, readers in (("Fri, 27 Nov", 2), ("Sat, 28 Nov", 1)):
        # At 22:00 UTC of the day before it is the morning of that day in Tokyo.
        number = int(day.split()[1])
        news = (
            f"<item><title>Story of {day}</title><link>https://www.example.com/{number}</link>"
            f"<pubDate>{number - 1} Nov 2026 20:00:00 GMT</pubDate></item>"
        )
        feed.write_text(feed.read_text().replace("</channel>", f"{news}</channel>"))
        shown = digest("send", "--daily", "--now", f"2026-11-{number - 1}T22:00:00Z")
        assert f"2026-11-{number}-daily: " in shown.stdout
        assert f"{readers} accepted" in shown.stdout


def test_help_lists_each_command() -> None:
    shown = digest("subscribers", "--help").stdout
    for command in ("list", "import", "export", "erase"):
        assert f"\n  {command} " in shown
        assert digest("subscribers", command, "--help").returncode == 0
