"""Version 1: one row for each recipient of each edition. Ledgers of digest 0.1.0 begin here."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Do nothing: a ledger of version 1 exists, and a new one is created with the newest tables."""
