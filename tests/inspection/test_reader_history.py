"""One reader's whole history, as `digest status EMAIL` shows it."""

import json
from datetime import timedelta

import pytest

from digest.storage import Consent, Database
from digest.subscribers import erase_subscriber
from tests.command import digest
from tests.newsroom_folder import FEED, NOW, NewsroomFolder

TODAY = "2026-11-23-daily"


def history_of(address: str) -> dict[str, object]:
    shown = digest("status", address, "--json")
    assert (shown.returncode, shown.stderr) == (0, "")
    parsed: dict[str, object] = json.loads(shown.stdout)
    return parsed


def edition_of(address: str) -> tuple[str | None, str]:
    """The state and the detail of the only edition."""
    editions = history_of(address)["editions"]
    assert isinstance(editions, list)
    (edition,) = editions
    return edition["state"], edition["detail"]


def test_a_reader_who_got_it(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("Kenji@Example.org,Kenji,Science|City,daily,Asia/Tokyo,ja,active")
    newsroom.send()
    shown = digest("status", " kenji@example.ORG")
    assert (shown.returncode, shown.stderr) == (0, "")
    first, second, head, row = shown.stdout.splitlines()
    assert first == "kenji@example.org: subscribed: active in subscribers.csv"
    assert second == "Chose: daily; Science, City; Asia/Tokyo; ja"
    assert head == "edition\tstate\tdetail\tsince (UTC)"
    assert row.startswith(f"{TODAY}\taccepted\t")
    assert row.endswith("\t2026-11-23 07:00")
    assert history_of("kenji@example.org")["subscriber"] == {
        "list": "subscribers.csv",
        "status": "active",
        "name": "Kenji",
        "cadence": "daily",
        "categories": ["Science", "City"],
        "timezone": "Asia/Tokyo",
        "language": "ja",
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("zoe@example.net,Zoë,Sport", "no news in their categories"),
        ("zoe@example.net,Zoë,,weekly", "reads the weekly edition"),
        ("zoe@example.net,Zoë,,,,,unsubscribed", "unsubscribed in the list"),
        ("zoe@example.net,Zoë,,,,,pending", "pending in the list"),
    ],
)
def test_why_a_reader_got_none(newsroom: NewsroomFolder, row: str, reason: str) -> None:
    newsroom.subscribe("ada@example.com,Ada", row)
    newsroom.send()
    assert edition_of("zoe@example.net") == (None, reason)
    assert f"{TODAY}\tnot sent\t{reason}\t" in digest("status", "zoe@example.net").stdout


def test_a_reader_who_came_later(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert edition_of("new@example.com") == (None, "not in the list when it was frozen")
    newsroom.subscribe("ada@example.com,Ada", "new@example.com,New,Science")
    assert edition_of("new@example.com") == (None, "not in the list when it was frozen, or had chosen otherwise")


def test_a_weekday_reader_on_a_saturday(newsroom: NewsroomFolder) -> None:
    saturday = NOW + timedelta(days=5)
    newsroom.write("feed.xml", FEED.replace("Mon, 23 Nov", "Sat, 28 Nov"))
    newsroom.subscribe("ada@example.com,Ada", "zoe@example.net,Zoë,,weekdays")
    newsroom.send(saturday)
    assert edition_of("zoe@example.net") == (None, "reads on weekdays only")


def test_what_a_reader_chose_and_agreed_to(newsroom: NewsroomFolder) -> None:
    with Database.open_for(newsroom.run()[0].config) as database:
        evidence = Consent("zoe@example.net", "confirmed", NOW, "/subscribe", "Yes, send me the digest")
        database.reader_choices.choose("zoe@example.net", NOW, evidence, categories=("City",), cadence="weekly")
    shown = digest("status", "zoe@example.net").stdout.splitlines()
    assert shown[1] == "Chose: weekly; City"
    assert shown[2] == "Consent: confirmed on 23 Nov 2026 07:00 UTC through /subscribe: Yes, send me the digest"
    assert history_of("zoe@example.net")["consents"] == [
        {
            "action": "confirmed",
            "given_at": "2026-11-23T07:00:00+00:00",
            "source": "/subscribe",
            "wording": "Yes, send me the digest",
        }
    ]


def test_a_suppressed_reader(newsroom: NewsroomFolder) -> None:
    digest("suppress", "ada@example.com", "--reason", "complained")
    newsroom.send()
    history = history_of("ada@example.com")
    assert history["gets_mail"] is False
    assert history["standing"] == "suppressed (complained), although active in subscribers.csv"
    assert edition_of("ada@example.com") == ("suppressed", "complained")
    assert "Suppressed since " in digest("status", "ada@example.com").stdout


def test_an_erased_reader_is_found_by_their_pseudonym(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    erase_subscriber(newsroom.run()[0].config, "ada@example.com", NOW)
    history = history_of("ada@example.com")
    assert history["standing"] == "erased on 23 Nov 2026, never mailed again"
    assert history["subscriber"] is None
    assert edition_of("ada@example.com")[0] == "accepted"


def test_an_address_that_is_not_valid_is_refused(newsroom: NewsroomFolder) -> None:
    refused = digest("status", "not an address@")
    assert refused.returncode == 2
    assert "not an address@" in refused.stderr


def test_without_a_ledger_or_a_list_nothing_is_known(newsroom: NewsroomFolder) -> None:
    (newsroom.path / "subscribers.csv").unlink()
    shown = digest("status", "ada@example.com")
    assert shown.stdout == "ada@example.com: not subscribed: not in subscribers.csv\nNo edition has been sent yet.\n"
    assert not (newsroom.path / "ledger.sqlite3").exists()
