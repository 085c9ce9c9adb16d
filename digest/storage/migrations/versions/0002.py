"""Version 2: recipients in compressed blocks; only those who did not simply get the mail have a row of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

from digest.storage.blocks import BLOCK_SIZE, Entry, OwnValues, encode_block, hash_emails

revision = "0002"
down_revision = "0001"

_OPEN = ("frozen", "stopping")


def upgrade() -> None:
    """Create the tables of version 2 and move the recipients into them, edition by edition."""
    connection = op.get_bind()
    op.add_column("editions", sa.Column("links", sa.JSON))
    op.add_column("editions", sa.Column("counts", sa.JSON))
    op.add_column("editions", sa.Column("failure", sa.String))
    op.add_column("editions", sa.Column("reply", sa.String))
    _create_tables()
    for edition, state in connection.execute(sa.text("select id, state from editions order by id")).all():
        _move_recipients(connection, edition, is_open=state in _OPEN)
    op.drop_table("recipients")


def _create_tables() -> None:
    op.create_table(
        "recipient_groups",
        sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("segment", sa.String, nullable=False),
        sa.Column("due_at", sa.String),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("claimed", sa.Integer, nullable=False),
        sa.Column("skipped", sa.String),
    )
    op.create_table(
        "recipient_blocks",
        sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "open_claims",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("span", sa.Integer, nullable=False),
        sa.Column("sending", sa.Integer, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
    )
    op.create_table(
        "recipient_exceptions",
        sa.Column("edition", sa.String, sa.ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("changed_at", sa.String, nullable=False),
    )
    op.create_table(
        "ledger_info",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("expires_at", sa.Float, nullable=False),
    )


def _move_recipients(connection: sa.Connection, edition: str, *, is_open: bool) -> None:
    """Move an edition's recipients: those already tried first in their group, so that it is claimed up to the rest."""
    pairs = connection.execute(
        sa.text("select distinct segment, due_at from recipients where edition = :edition order by segment, due_at"),
        {"edition": edition},
    ).all()
    for number, (segment, due_at) in enumerate(pairs):
        claimed = size = 0
        for rows in _chunks(_rows(connection, edition, segment, due_at)):
            entries = [_entry(row, is_open=is_open) for row in rows]
            block = {"edition": edition, "number": number, "start": size}
            connection.execute(
                sa.text("insert into recipient_blocks values (:edition, :number, :start, :hashes, :body)"),
                {**block, "hashes": hash_emails(entry.email for entry in entries), "body": encode_block(entries)},
            )
            claimed += sum(row.state != "pending" or row.detail != "" for row in rows)
            exceptions = [
                {
                    "edition": edition,
                    "number": number,
                    "position": size + offset,
                    "state": row.state,
                    "detail": row.detail,
                    "changed_at": row.changed_at,
                }
                for offset, row in enumerate(rows)
                if row.state != "accepted" and (row.state != "pending" or row.detail != "")
            ]
            if exceptions:
                connection.execute(
                    sa.text(
                        "insert into recipient_exceptions values"
                        " (:edition, :number, :position, :state, :detail, :changed_at)"
                    ),
                    exceptions,
                )
            size += len(rows)
        connection.execute(
            sa.text(
                "insert into recipient_groups values (:edition, :number, :segment, :due_at, :size, :claimed, null)"
            ),
            {
                "edition": edition,
                "number": number,
                "segment": segment,
                "due_at": due_at,
                "size": size,
                "claimed": claimed,
            },
        )


def _rows(connection: sa.Connection, edition: str, segment: str, due_at: str | None) -> Iterator[Any]:
    query = sa.text(
        "select email, message_id, slot_values, state, detail, changed_at from recipients"
        " where edition = :edition and segment = :segment and coalesce(due_at, '') = :due_at"
        " order by case when state = 'pending' and detail = '' then 1 else 0 end, position"
    )
    values = {"edition": edition, "segment": segment, "due_at": due_at or ""}
    return iter(connection.execute(query.execution_options(yield_per=BLOCK_SIZE), values))


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, BLOCK_SIZE)):
        yield chunk


def _entry(row: Any, *, is_open: bool) -> Entry:
    values = json.loads(row.slot_values) if isinstance(row.slot_values, str) else row.slot_values
    # What may still be sent is sent with the very bytes that version 1 froze; the rest is only looked up.
    may_be_sent = is_open or row.state in ("sending", "in_doubt")
    own = OwnValues(row.message_id, values) if may_be_sent and row.message_id else None
    return Entry(row.email, values.get("name", ""), own)
