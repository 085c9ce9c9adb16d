"""The newsroom's list with the readers' own choices laid over it, for both kinds of list and on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.models import Problem, Subscriber
from digest.storage import Database
from digest.subscribers import CsvSubscriberStore, SubscriberStore
from digest.subscribers.choices_store import ReaderChoicesStore
from digest.subscribers.import_plan import ImportedSubscriber, ImportPlan
from digest.subscribers.sql_store import SqlSubscriberStore

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ADA, KENJI, ZOE, NEW = "ada@example.com", "kenji@example.org", "zoe@example.net", "new@example.com"

MakeStore = Callable[..., SubscriberStore]


@pytest.fixture(params=["csv", "sql"])
def make_store(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> MakeStore:
    def make(**statuses: str) -> SubscriberStore:
        file = tmp_path / "subscribers.csv"
        people = {"ada": ADA, "kenji": KENJI, "zoe": ZOE}
        rows = [f"{people[name]},{name},City,{status}" for name, status in statuses.items()]
        file.write_text("\n".join(["email,name,categories,status", *rows, ""]))
        store: SubscriberStore = CsvSubscriberStore(file)
        if request.param == "sql":
            store = SqlSubscriberStore(database, NOW)
            values = {"categories": "City"}
            for name, status in statuses.items():
                reader = ImportedSubscriber(2, status, {**values, "name": name})
                store.apply(ImportPlan(merge={people[name]: reader}))
        return ReaderChoicesStore(store, database, NOW)

    return make


def read(store: SubscriberStore) -> dict[str, Subscriber]:
    rows = list(store.read())
    assert not [row for row in rows if isinstance(row, Problem)]
    readers = [row for row in rows if isinstance(row, Subscriber)]
    assert len({reader.email for reader in readers}) == len(readers)
    for reader in readers:
        assert store.find(reader.email) == reader
    assert store.statuses([ADA, KENJI, ZOE, NEW]) == {reader.email: reader.status for reader in readers}
    return {reader.email: reader for reader in readers}


def test_without_choices_the_list_is_as_the_newsroom_has_it(make_store: MakeStore) -> None:
    store = make_store(ada="active", zoe="bounced")
    assert read(store) == {
        ADA: Subscriber(ADA, "ada", ("City",)),
        ZOE: Subscriber(ZOE, "zoe", ("City",), status="bounced"),
    }
    assert store.find(KENJI) is None
    assert store.exists()


def test_what_readers_chose_wins_field_by_field(make_store: MakeStore, database: Database) -> None:
    store = make_store(ada="active", kenji="active", zoe="complained")
    database.reader_choices.choose(ADA, NOW, cadence="weekly", categories=())
    database.reader_choices.choose(KENJI, NOW, status="unsubscribed")
    database.reader_choices.choose(ZOE, NOW, status="active", name="Zoë")
    assert read(store) == {
        ADA: Subscriber(ADA, "ada", (), "weekly"),
        KENJI: Subscriber(KENJI, "kenji", ("City",), status="unsubscribed"),
        ZOE: Subscriber(ZOE, "Zoë", ("City",), status="complained"),
    }


def test_a_reader_who_subscribed_needs_no_row_in_the_list(make_store: MakeStore, database: Database) -> None:
    store = make_store(ada="active")
    database.reader_choices.choose(NEW, NOW, status="active", name="New", timezone="Asia/Tokyo")
    database.reader_choices.choose(ZOE, NOW, status="pending")
    database.reader_choices.choose(KENJI, NOW, cadence="weekly")  # the newsroom has deleted their row since
    found = read(store)
    assert list(found) == [ADA, NEW, ZOE]
    assert found[NEW] == Subscriber(NEW, "New", timezone="Asia/Tokyo")
    assert found[ZOE].status == "pending"
    assert store.find(KENJI) is None


def test_a_pause_ends_by_itself(make_store: MakeStore, database: Database) -> None:
    store = make_store(ada="active", kenji="active")
    database.reader_choices.choose(ADA, NOW, paused_until=NOW + timedelta(days=1))
    database.reader_choices.choose(KENJI, NOW, paused_until=NOW - timedelta(days=1))
    assert {email: reader.status for email, reader in read(store).items()} == {ADA: "paused", KENJI: "active"}


def test_a_choice_made_while_the_list_is_read_does_not_add_a_reader_twice(
    make_store: MakeStore, database: Database
) -> None:
    store = make_store(ada="active", kenji="active")
    rows = store.read()
    first = next(rows)
    assert isinstance(first, Subscriber)
    database.reader_choices.choose(first.email, NOW, status="active")
    assert first.email not in {row.email for row in rows if isinstance(row, Subscriber)}


def test_the_revision_changes_with_the_list_and_with_a_choice(make_store: MakeStore, database: Database) -> None:
    store = make_store(ada="active")
    seen = {store.revision()}
    database.reader_choices.choose(ADA, NOW, cadence="weekly")
    seen.add(store.revision())
    store.apply(ImportPlan(merge={NEW: ImportedSubscriber(2, "active", {})}))
    seen.add(store.revision())
    store.erase(ADA)
    seen.add(store.revision())
    assert len(seen) == 4


def test_an_import_and_an_erasure_reach_the_newsroom_s_list(make_store: MakeStore) -> None:
    store = make_store(ada="active", kenji="active")
    plan = ImportPlan(merge={NEW: ImportedSubscriber(2, "active", {"name": "N"})}, opt_out={KENJI: "bounced"})
    planned = store.apply(plan, write=False)
    assert store.apply(plan) == planned
    assert (planned.added, planned.changed, planned.unchanged) == (1, 1, 0)
    assert store.erase(ADA) == (1, [])
    assert {email: reader.status for email, reader in read(store).items()} == {KENJI: "bounced", NEW: "active"}
