"""The ledger of version 1 that digest 0.1.0 wrote, in an SQLite file or copied into PostgreSQL."""

import shutil
from pathlib import Path

from sqlalchemy import MetaData, create_engine, insert, select

from digest.storage.engine import open_engine, parse_url

FILE = Path(__file__).parent / "data" / "ledger-v1.sqlite3"
KEY = "for tests only, and long enough for them"


def write_version_1(url: str) -> None:
    """Put the ledger where a database URL points to."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        shutil.copyfile(FILE, str(parsed.database))
        return
    original, copy = create_engine(f"sqlite:///{FILE}"), open_engine(parsed)
    tables = MetaData()
    tables.reflect(original)
    for table in tables.tables.values():
        for column in table.columns:
            column.type = column.type.as_generic()  # SQLite's BLOB is PostgreSQL's BYTEA
    tables.create_all(copy)
    with original.connect() as rows, copy.begin() as connection:
        for table in tables.sorted_tables:
            if found := [dict(row) for row in rows.execute(select(table)).mappings()]:
                connection.execute(insert(table), found)
    original.dispose()
    copy.dispose()
