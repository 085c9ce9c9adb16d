"""Leases: a run that does not respond for too long is replaced, and does no harm when it continues after all."""

import os
import socket
from collections.abc import Iterator

import pytest

from digest.errors import LockedError
from digest.models import Outcome, Receipt
from digest.storage import Database, FrozenRecipient
from digest.storage.leases import Lease, _is_dead
from tests.storage.editions import LINKS, MESSAGE, NOW, edition, freeze, open_queue, readers


@pytest.fixture
def expiring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that have expired as soon as they are taken: their holders are as good as stopped."""
    monkeypatch.setattr("digest.storage.leases.TTL", -1.0)


def states(database: Database, frozen: str) -> list[str]:
    return [row.state for row in database.recipients.stream(frozen)]


@pytest.mark.usefixtures("expiring")
def test_a_run_that_was_replaced_records_its_receipts_and_claims_nobody(ledger_url: str) -> None:
    with Database.open(ledger_url) as stopped, Database.open(ledger_url) as successor:
        frozen = freeze(stopped, 5)
        with stopped.hold("daily"):
            queue = open_queue(stopped, frozen)
            (claim,) = queue.record_and_claim((), (), batches=1, batch_size=4, limit=9, now=NOW)
            with successor.hold("daily"):
                assert successor.recipients.recover(frozen, NOW) == 4
                assert states(successor, frozen) == ["in_doubt"] * 4 + ["pending"]
                one, two, three, _ = claim.recipients
                receipts = [Receipt(one, Outcome.ACCEPTED, "250"), Receipt(two, Outcome.REFUSED, "552 full")]
                assert queue.record_and_claim(receipts, [three], batches=4, batch_size=4, limit=9, now=NOW) == []
                assert isinstance(queue.lost_lease, LockedError)
                assert states(successor, frozen) == ["accepted", "refused", "pending", "in_doubt", "pending"]
                again = open_queue(successor, frozen).record_and_claim(
                    (), (), batches=4, batch_size=4, limit=9, now=NOW
                )
                assert [person.email for claim in again for person in claim.recipients] == [
                    "reader4@example.com",
                    "reader2@example.com",
                ]


@pytest.mark.usefixtures("expiring")
def test_what_was_decided_since_is_not_overruled_by_a_run_that_was_replaced(ledger_url: str) -> None:
    with Database.open(ledger_url) as stopped, Database.open(ledger_url) as successor:
        frozen = freeze(stopped, 2)
        with stopped.hold("daily"):
            queue = open_queue(stopped, frozen)
            (claim,) = queue.record_and_claim((), (), batches=1, batch_size=2, limit=9, now=NOW)
            with successor.hold("daily"):
                successor.recipients.recover(frozen, NOW)
                successor.recipients.resolve_in_doubt(frozen, NOW, send=True)
                theirs = open_queue(successor, frozen)
                (again,) = theirs.record_and_claim((), (), batches=1, batch_size=2, limit=9, now=NOW)
                late = [Receipt(claim.recipients[0], Outcome.DEFERRED, "451 later")]
                queue.record_and_claim(late, claim.recipients[1:], batches=0, batch_size=2, limit=9, now=NOW)
                assert states(successor, frozen) == ["sending", "sending"]
                sent = [Receipt(person, Outcome.ACCEPTED, "250") for person in again.recipients]
                assert theirs.record_and_claim(sent, (), batches=1, batch_size=2, limit=9, now=NOW) == []
                assert states(successor, frozen) == ["accepted", "accepted"]


@pytest.mark.usefixtures("expiring")
def test_a_run_that_was_replaced_while_it_froze_adds_nobody_to_what_its_successor_froze(ledger_url: str) -> None:
    with Database.open(ledger_url) as stopped, Database.open(ledger_url) as successor:

        def stop_and_continue() -> Iterator[FrozenRecipient]:
            yield from readers(600)
            with successor.hold("daily"):
                assert freeze(successor, 3) == edition().id
            yield from readers(600, "science")

        with stopped.hold("daily"), pytest.raises(LockedError, match="took over"):
            stopped.editions.freeze(edition(), "s", stop_and_continue(), lambda _: MESSAGE, [], [], LINKS, NOW)
        record = successor.editions.get(edition().id)
        assert record
        assert (record.state, record.counts) == ("frozen", {"pending": 3})


def test_a_holder_is_known_to_be_dead_only_if_it_ran_on_this_machine_since_its_last_boot(database: Database) -> None:
    ours = Lease(database._engine, "send daily").holder
    host, boot, pid, _start, run = ours.split("/")
    assert (host, pid) == (socket.gethostname(), str(os.getpid()))
    assert not _is_dead(ours)
    assert _is_dead(f"{host}/{boot}/{pid}/another start/{run}")
    # Two machines, or two containers, may have the same name.
    assert not _is_dead(f"{host}/another boot/{pid}/1/{run}")
    assert not _is_dead(f"another host/{boot}/{pid}/1/{run}")


def test_two_runs_at_once_cannot_hold_the_lease_of_one_cadence(ledger_url: str) -> None:
    with Database.open(ledger_url) as one, Database.open(ledger_url) as two:
        with one.hold("daily"), pytest.raises(LockedError) as caught, two.hold("daily"):
            pass
        assert caught.value.exit_status == 75
        with one.hold("daily"), two.hold("weekly"):
            pass
        with two.hold("daily"):
            pass
