"""The ledger's tables, the same on SQLite and PostgreSQL. Times are ISO 8601 text in UTC, which sorts as it reads.

An edition's life:

    (nothing) --freeze--> frozen --every recipient settled, somebody got it--> sent
                            |--cancelled or too late, somebody got it--> stopped
                            |--nobody got it---> cancelled
                            '--cancelled while a run is at work--> stopping --by that or the next run--> any of these

All arrows are the lock holder's, but the one to stopping, which is anybody's: nothing is claimed from then on.

A recipient's life, each arrow one committed transaction:

    pending --claim--> sending --receipt--> accepted | refused | deferred | in_doubt
       |--suppressed by then--> suppressed
       |--too late, or the edition given up--> skipped
       ^                  |--provably unsent--> pending          in_doubt --a person decides--> pending | skipped
       |                  '--found so by the next run (a crash)--> in_doubt
       |--tried again in the same run, or by the next-- deferred
       '--the provider turned out to refuse everyone--- refused

A reader who is erased leaves these rows behind under a pseudonym (`digest.storage.erasure`), in their states, but that
pending and deferred become suppressed, and sending in_doubt.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

VERSION = 1
"""Raised by one with every change to the tables; a ledger of another version is refused."""

OPEN = ("frozen", "stopping")
"""The states of an edition that is not closed yet."""

UNSENT = ("pending", "sending", "deferred")
"""The states of a recipient whom a run that goes on would still send to; `sending` only while one is at work."""

REACHED = ("accepted", "in_doubt")
"""The states of a recipient who got it, or may have got it."""

metadata = MetaData()

ledger_version = Table("digest_ledger", metadata, Column("version", Integer, primary_key=True))

editions = Table(
    "editions",
    metadata,
    Column("id", String, primary_key=True),  # 2026-11-23-daily
    Column("cadence", String, nullable=False),
    Column("window_start", String, nullable=False),
    Column("window_end", String, nullable=False),
    Column("frozen_at", String, nullable=False),
    Column("finished_at", String),
    Column("state", String, nullable=False),  # frozen, stopping, sent, stopped, cancelled
    Column("subject", String, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("segment", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # a models.Message as MessagePack
)

recipients = Table(
    "recipients",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("email", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("segment", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("slot_values", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("changed_at", String, nullable=False),
    Column("due_at", String),  # when it is the hour to send where the reader is; null for at once
    # The claim: the next pending recipients of one segment, in order.
    Index("recipients_by_state", "edition", "state", "segment", "position"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("email", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("since", String, nullable=False),
)

edition_articles = Table(
    "edition_articles",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String, primary_key=True),
    Column("headline", String, nullable=False),
    Column("copy", Boolean, nullable=False),  # another source's telling of a story of the edition
    Index("edition_articles_by_identity", "identity"),
)

# What is remembered of sources, whatever became of the editions they were read for.

sources = Table(
    "sources",
    metadata,
    Column("name", String, primary_key=True),
    Column("read_at", String),  # when it could last be read
    Column("horizon", String),  # the oldest date in it then: what is older and new to us has only come round again
    Column("failing_since", String),
    Column("failure", String, nullable=False),
)

seen_articles = Table(
    "seen_articles",
    metadata,
    Column("identity", String, primary_key=True),
    Column("first_seen", String, nullable=False),
    Column("late", Boolean, nullable=False),  # appeared with a date of before the last reading
)

documents = Table(
    "documents",  # what was fetched, for the next conditional GET
    metadata,
    Column("url", String, primary_key=True),
    Column("etag", String, nullable=False),
    Column("last_modified", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", String, nullable=False),
)

edition_sources = Table(
    "edition_sources",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("source", String, primary_key=True),
    Column("failed", Boolean, nullable=False),
    Column("next_start", String, nullable=False),  # where this source's window begins in the edition after
)
