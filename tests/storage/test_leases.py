"""Leases: one run at a time for each cadence."""

import pytest

from digest.errors import LockedError
from digest.storage import Database


def test_two_runs_at_once_cannot_hold_the_lease_of_one_cadence(ledger_url: str) -> None:
    with Database.open(ledger_url) as one, Database.open(ledger_url) as two:
        with one.hold("daily"), pytest.raises(LockedError) as caught, two.hold("daily"):
            pass
        assert caught.value.exit_status == 75
        with one.hold("daily"), two.hold("weekly"):
            pass
        with two.hold("daily"):
            pass
