"""The schema lock."""

from time import sleep

from sqlalchemy import text

from digest.storage.engine import autocommit, open_engine, parse_url
from digest.storage.lock import schema_lock


def test_the_schema_lock_is_held_for_as_long_as_a_migration_takes(postgres_url: str) -> None:
    """The server may end transactions that wait for long."""
    engine = open_engine(parse_url(postgres_url))
    with autocommit(engine) as connection:
        limit = "set idle_in_transaction_session_timeout = 50"
        connection.execute(text(f'alter database "{engine.url.database}" {limit}'))
    engine.dispose()
    with schema_lock(engine):
        sleep(0.3)
    engine.dispose()
