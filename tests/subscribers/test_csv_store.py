"""Subscribers in a CSV file: erased, looked up, and noticed when they change."""

from pathlib import Path

import pytest

from digest.models import Subscriber
from digest.subscribers import CsvSubscriberStore
from digest.subscribers.import_plan import ImportedSubscriber, ImportPlan

LIST = """\
# ada@example.com asked to be called Ada
email,name,referred by
ADA@example.com,Ada,
zoe@example.com,"Zoë
Brandão",ada@example.com
kenji@example.org,Kenji,bada@example.com
nobody,No Address,
ada@example.com,Again,
ada@example.com,1,2,3,4
"""


def test_erasing_deletes_every_row_and_reports_lines_that_still_contain_the_address(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    file.write_text(LIST)
    deleted, problems = CsvSubscriberStore(file).erase("ada@example.com")
    assert deleted == 2
    assert file.read_text() == LIST.replace("ADA@example.com,Ada,\n", "").replace("ada@example.com,Again,\n", "")
    assert [str(problem).removeprefix(f"{file}:") for problem in problems] == [
        f"{line}: still contains ada@example.com; delete it by hand" for line in (1, 4, 7)
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["subscribers.csv"]


def test_erasing_an_address_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    assert CsvSubscriberStore(file).erase("ada@example.com") == (0, [])
    assert not file.exists()
    file.write_text("email\nzoe@example.com\n")
    before = file.stat().st_mtime_ns
    assert CsvSubscriberStore(file).erase("ada@example.com") == (0, [])
    assert file.stat().st_mtime_ns == before


def test_erasing_deletes_from_the_backup_too(tmp_path: Path) -> None:
    store = CsvSubscriberStore(tmp_path / "subscribers.csv")
    store.file.write_text("email\nada@example.com\nzoe@example.com\n")
    store.apply(ImportPlan(merge={"new@example.com": ImportedSubscriber(2, "active", {})}))
    assert store.erase("ada@example.com") == (1, [])
    assert store.backup.read_text() == "email\nzoe@example.com\n"


def test_the_status_of_an_address_is_the_most_restrictive_of_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "subscribers.csv"
    file.write_text(
        "email,status\na@example.com,active\nb@example.com,bounced\nb@example.com,pending\nB@example.com,\n"
        "c@example.com,dunno\nother@example.com,bounced\nno address,active\n"
    )
    assert CsvSubscriberStore(file).statuses({f"{letter}@example.com" for letter in "abcd"}) == {
        "a@example.com": "active",
        "b@example.com": "bounced",
        "c@example.com": "unknown",
    }


def test_one_subscriber_is_found_with_the_status_that_holds_for_them(tmp_path: Path) -> None:
    store = CsvSubscriberStore(tmp_path / "subscribers.csv")
    store.file.write_text("email,name,status\nada@example.com,Ada,\nzoe@example.net,Zoe,\nZOE@example.net,,bounced\n")
    assert store.find("ada@example.com") == Subscriber("ada@example.com", "Ada")
    assert store.find("zoe@example.net") == Subscriber("zoe@example.net", "Zoe", status="bounced")
    assert store.find("kenji@example.org") is None


def test_the_revision_changes_with_the_list(tmp_path: Path) -> None:
    store = CsvSubscriberStore(tmp_path / "subscribers.csv")
    missing = store.revision()
    store.file.write_text("email\nada@example.com\n")
    first = store.revision()
    store.file.write_text("email\nada@example.com\nzoe@example.com\n")
    assert len({missing, first, store.revision()}) == 3


ODD_LIST = """\
email,name,categories,timezone,language,status
ADA@Example.com,Ada,City|Science,Europe/London,pt-br,
zoe@bücher.example,Zoë,,,,active
kenji@example.org,Kenji,,nowhere,,active
twice@example.com,First,,,,active
Twice@example.com,Second,,,,unsubscribed
odd@example.com,Odd,,,,dunno
odd@example.com,Even,,,,active
,Nobody,,,,
not an address,Nobody,,,,
"""


@pytest.mark.parametrize(
    "email",
    ["ada@example.com", "zoe@bücher.example", "kenji@example.org", "twice@example.com", "odd@example.com", "no@a.org"],
)
def test_one_reader_is_found_as_reading_the_whole_list_finds_them(tmp_path: Path, email: str) -> None:
    store = CsvSubscriberStore(tmp_path / "subscribers.csv")
    store.file.write_text(ODD_LIST, encoding="utf-8")
    everybody = {row.email: row for row in store.read() if isinstance(row, Subscriber)}
    assert len(everybody) == 5
    assert store.find(email) == everybody.get(email)


def test_a_domain_is_found_in_either_of_its_forms(tmp_path: Path) -> None:
    store = CsvSubscriberStore(tmp_path / "subscribers.csv")
    store.file.write_text("email\nzoe@xn--bcher-kva.example\n", encoding="utf-8")
    assert store.find("zoe@bücher.example") == Subscriber("zoe@bücher.example")
