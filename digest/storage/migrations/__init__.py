"""The history of the ledger's tables: Alembic migrations, one file for each change, for SQLite and PostgreSQL."""
