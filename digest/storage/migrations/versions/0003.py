"""Version 3: subscribers in the database, what readers chose themselves, and the evidence of their consent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of the readers; editions remember the subscriber list they were frozen from."""
    op.add_column("editions", sa.Column("subscribers_revision", sa.String))
    # On PostgreSQL in the order of bytes, as on SQLite: readers are paged through in this order.
    email = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "subscribers",
        sa.Column("email", email, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("categories", sa.String, nullable=False),
        sa.Column("cadence", sa.String, nullable=False),
        sa.Column("timezone", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("changed_at", sa.String, nullable=False),
    )
    op.create_table(
        "reader_choices",
        sa.Column("email", email, primary_key=True),
        sa.Column("name", sa.String),
        sa.Column("categories", sa.String),
        sa.Column("cadence", sa.String),
        sa.Column("timezone", sa.String),
        sa.Column("language", sa.String),
        sa.Column("status", sa.String),
        sa.Column("paused_until", sa.String),
        sa.Column("changed_at", sa.String, nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("email", email, primary_key=True),
        sa.Column("given_at", sa.String, primary_key=True),
        sa.Column("action", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("wording", sa.String, nullable=False),
    )
