"""Suppressions that two processes record at the same moment."""

import pytest

from digest.storage import Database
from tests.storage.editions import NOW


def test_an_unsubscription_that_meets_a_bounce_is_recorded_as_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bounce may be withdrawn as the provider's fault; what a reader asked for must not go with it."""
    database.suppressions.add("ada@example.com", "bounced", NOW)
    database.suppressions.add("zoe@example.net", "complained", NOW)
    # They were recorded after this process had looked.
    monkeypatch.setattr("digest.storage.suppressions.find_suppressed", lambda *_: {})
    database.suppressions.add("ada@example.com", "unsubscribed", NOW)
    database.suppressions.add("zoe@example.net", "bounced", NOW)
    assert [(item.email, item.reason) for item in database.suppressions.list_all()] == [
        ("ada@example.com", "unsubscribed"),
        ("zoe@example.net", "complained"),
    ]
