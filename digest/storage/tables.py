"""The ledger's tables, the same on SQLite and PostgreSQL. Times are ISO 8601 text in UTC, which sorts in order of time.

An edition's life:

    (nothing) --the freeze begins--> freezing --everything is written--> frozen
    frozen --every recipient settled, somebody got it--> sent
       |   --cancelled or too late, somebody got it--> stopped
       |   --closed, nobody got it--> cancelled
       '---cancelled while a run is sending--> stopping --by that or the next run--> sent | stopped | cancelled
    sent | stopped --a person resends to those in doubt--> frozen

Only the holder of the cadence's lease follows these arrows, except the one to stopping, which anybody may: nothing is
claimed after it. An edition that is freezing is invisible to others; if that run dies, the next freeze deletes it.

A recipient's life, each arrow one committed transaction:

    pending --claim--> sending --receipt--> accepted | refused | deferred | in_doubt
       |--suppressed, or off the list, meanwhile--> suppressed
       |--too late, or the edition is given up--> skipped
       ^                  |--provably unsent--> pending          in_doubt --a person decides--> pending | skipped
       |                  '--found by the next run (after a crash)--> in_doubt
       |--retried in the same run or the next-- deferred
       '--the provider turned out to refuse everyone-- refused

A recipient is a position in a group (one segment, one hour), and has a row of its own only in `recipient_exceptions`,
whose state then counts. The state of everyone else follows from the position:

    pending     `claimed` of the group has not reached it
    skipped     nor will it: the group is `skipped`
    sending     it is in one of `open_claims`
    accepted    it was claimed, the claim is closed, and the server gave its usual reply (`editions.reply`)

Recipients who are retried are claimed one by one, as exceptions in state sending. An open claim whose holder has no
lease any more is a dead run's: the next run writes an exception, in_doubt, for each recipient in it. Once an edition is
pruned, only `editions.counts` is left of its recipients.

When a reader is erased, these rows stay under a pseudonym (`digest.storage.subscribers`) and keep their states, except
that pending and deferred become suppressed, and sending becomes in_doubt.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table

VERSION = 3
"""The version of these tables: the number of the newest migration. Older ledgers are migrated, newer ones refused."""

OPEN = ("frozen", "stopping")
"""The states of an edition that is not closed yet."""

UNSENT = ("pending", "sending", "deferred")
"""The states of a recipient that a run would still send to; `sending` only while a run is in progress."""

REACHED = ("accepted", "in_doubt")
"""The states of a recipient who got it, or may have got it."""

metadata = MetaData()

_JSON = JSON(none_as_null=True)
"""JSON whose None is an SQL null, however it is written."""

ledger_version = Table("digest_ledger", metadata, Column("version", Integer, primary_key=True))

ledger_info = Table(
    "ledger_info",
    metadata,
    Column("key", String, primary_key=True),  # newsroom, copied_from, moved_to
    Column("value", String, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", String, primary_key=True),  # 2026-11-23-daily
    Column("cadence", String, nullable=False),
    Column("window_start", String, nullable=False),
    Column("window_end", String, nullable=False),
    Column("frozen_at", String, nullable=False),
    Column("finished_at", String),
    Column("state", String, nullable=False),  # freezing, frozen, stopping, sent, stopped, cancelled
    Column("subject", String, nullable=False),
    Column("links", _JSON),  # what Message-IDs and personal links are derived from; null: version 1 stored them
    Column("counts", _JSON),  # recipients by state, once the recipients themselves were pruned
    Column("failure", String),  # why the last run of it failed
    Column("reply", String),  # what the server usually says when it accepts, its own ids replaced by `*`
    Column("subscribers_revision", String),  # of the subscriber list that it was frozen from
)

messages = Table(
    "messages",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("segment", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # a models.Message as MessagePack
)

# Recipients are frozen in groups, each of one segment and one hour. A group is sent from its first position to its
# last: `claimed` positions have been handed out.

recipient_groups = Table(
    "recipient_groups",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("segment", String, nullable=False),
    Column("due_at", String),  # the hour to send in the readers' time zone; null for at once
    Column("size", Integer, nullable=False),
    Column("claimed", Integer, nullable=False),
    Column("skipped", String),  # why the positions not claimed are skipped; null while they are pending
)

recipient_blocks = Table(
    "recipient_blocks",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # the group's
    Column("start", Integer, primary_key=True),  # the position of its first recipient
    Column("hashes", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

open_claims = Table(
    "open_claims",
    metadata,
    # Random. A run writes its next claim over a row that it would delete, which PostgreSQL does without touching an
    # index as long as what changes is in none.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # the group's
    Column("start", Integer, nullable=False),
    Column("span", Integer, nullable=False),  # positions
    Column("sending", Integer, nullable=False),  # of these, recipients in flight: some may be suppressed
    Column("holder", String, nullable=False),  # of the lease
)

recipient_exceptions = Table(
    "recipient_exceptions",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # the group's
    Column("position", Integer, primary_key=True),
    Column("state", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("changed_at", String, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("expires_at", Float, nullable=False),  # seconds since 1970, by the database's clock
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("email", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("since", String, nullable=False),
)

# Readers. What the newsroom says of them is in `subscribers`, unless it is in a CSV file. What readers say themselves
# is in `reader_choices`; a choice that is null leaves the field to the newsroom.

_EMAIL = String().with_variant(String(collation="C"), "postgresql")
"""An address in the order of its bytes, on PostgreSQL as on SQLite: readers are paged through in this order."""

subscribers = Table(
    "subscribers",
    metadata,
    Column("email", _EMAIL, primary_key=True),
    Column("name", String, nullable=False),
    Column("categories", String, nullable=False),  # separated by `|`
    Column("cadence", String, nullable=False),  # empty for daily, so that an import may fill it in
    Column("timezone", String, nullable=False),
    Column("language", String, nullable=False),
    Column("status", String, nullable=False),
    Column("changed_at", String, nullable=False),
)

reader_choices = Table(
    "reader_choices",
    metadata,
    Column("email", _EMAIL, primary_key=True),
    Column("name", String),
    Column("categories", String),
    Column("cadence", String),
    Column("timezone", String),
    Column("language", String),
    Column("status", String),
    Column("paused_until", String),
    Column("changed_at", String, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("email", _EMAIL, primary_key=True),
    Column("given_at", String, primary_key=True),
    Column("action", String, primary_key=True),  # imported, subscribed, confirmed, unsubscribed, ...
    Column("source", String, nullable=False),  # the page or the imported file
    Column("wording", String, nullable=False),  # what the reader was shown
)

edition_articles = Table(
    "edition_articles",
    metadata,
    Column("edition", ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("identity", String, primary_key=True),
    Column("headline", String, nullable=False),
    Column("copy", Boolean, nullable=False),  # another source's version of a story in the edition
    Index("edition_articles_by_identity", "identity"),
)

# What is remembered of sources, whether or not the editions they were read for were sent.

sources = Table(
    "sources",
    metadata,
    Column("name", String, primary_key=True),
    Column("read_at", String),  # when it was last read without an error
    Column("horizon", String),  # its oldest date then: an older article that is new to us is only being repeated
    Column("failing_since", String),
    Column("failure", String, nullable=False),
)

seen_articles = Table(
    "seen_articles",
    metadata,
    Column("identity", String, primary_key=True),
    Column("first_seen", String, nullable=False),
    Column("late", Boolean, nullable=False),  # appeared with a date before the last fetch
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
    Column("next_start", String, nullable=False),  # where this source's window begins in the next edition
)
