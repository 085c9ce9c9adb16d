"""`digest ledger`, and what every command says about a ledger that is not as it should be."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from digest.storage import Database
from digest.storage.tables import VERSION
from tests.command import digest
from tests.newsroom_folder import NOW, NewsroomFolder
from tests.sending.common import READERS
from tests.servers.smtp import SmtpServer
from tests.storage.version_1 import write_version_1
from tests.waiting import wait_until

AT = "2026-11-23T07:00:00Z"


def test_a_newsroom_that_never_sent_has_no_ledger_yet(newsroom: NewsroomFolder, tmp_path: Path) -> None:
    for command in (["upgrade"], ["prune"], ["backup", "b.sqlite3"], ["copy", "--to", f"sqlite:///{tmp_path / 'c'}"]):
        shown = digest("ledger", *command)
        assert shown.returncode == 1
        assert f"{newsroom.path / 'ledger.sqlite3'}: there is no ledger yet" in shown.stderr
        assert "the first `digest send` creates it" in shown.stderr
    assert not list(newsroom.path.glob("*.sqlite3*"))
    assert not (tmp_path / "c").exists()


def test_upgrade_says_what_it_did(newsroom: NewsroomFolder) -> None:
    file = newsroom.path / "ledger.sqlite3"
    write_version_1(f"sqlite:///{file}")
    done = digest("ledger", "upgrade")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"sqlite:///{file}: ledger migrated from version 1 to {VERSION}; the ledger as it was is kept as {file}.v1.bak\n"
    )
    again = digest("ledger", "upgrade")
    assert (again.returncode, again.stdout) == (0, f"sqlite:///{file}: already at version {VERSION}\n")


def test_copy_moves_the_ledger_and_the_next_send_uses_the_new_one(
    newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("send", "--daily", "--now", AT).returncode == 0
    secret = postgres_url.replace("postgres@", "postgres:hush@")
    moved = digest("ledger", "copy", "--to", secret)
    assert moved.returncode == 0
    assert "every row was copied and compared; the ledger is now postgresql://postgres:***@" in moved.stdout
    refused = digest("send", "--daily", "--now", AT)
    assert refused.returncode == 1
    assert "this ledger was moved to postgresql://postgres:***@" in refused.stderr
    shown = digest("status")
    assert "2026-11-23-daily\tsent" in shown.stdout
    assert "this ledger was moved to" in shown.stderr
    monkeypatch.setenv("DIGEST_DATABASE_URL", secret)
    sent = digest("send", "--daily", "--now", AT)
    assert "already sent to 2 readers" in sent.stdout
    assert "hush" not in moved.stdout + moved.stderr + refused.stderr + shown.stderr + sent.stderr
    assert len(newsroom.mails()) == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "--to is not a valid database URL"),
        ("postgresql://x:hu@sh@127.0.0.1:port/z", "--to is not a valid database URL"),
        ("mysql://root@localhost/digest", "--to names mysql, but the ledger needs SQLite or PostgreSQL"),
        ("postgresql://x:hush@127.0.0.1:1/z", "postgresql://x:***@127.0.0.1:1/z: the ledger failed: "),
        (
            "postgresql://x@127.0.0.1:1/z?password=hush",
            "postgresql://x@127.0.0.1:1/z?password=hidden: the ledger failed",
        ),
        ("sqlite:////nowhere/x.sqlite3", "sqlite:////nowhere/x.sqlite3: the ledger failed: unable to open"),
    ],
)
def test_copy_refuses_a_target_that_cannot_be_used(newsroom: NewsroomFolder, url: str, message: str) -> None:
    newsroom.send()
    refused = digest("ledger", "copy", "--to", url)
    assert refused.returncode == 1
    assert message in refused.stderr
    assert "hu" not in refused.stderr.replace("--to", "")
    assert digest("send", "--daily", "--now", AT).returncode == 0


def test_old_editions_are_pruned_by_the_command(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    nothing = digest("ledger", "prune")
    assert nothing.stdout == "nothing to prune: no edition is older than 400 days\n"
    with closing(sqlite3.connect(newsroom.path / "ledger.sqlite3")) as ledger, ledger:
        ledger.execute("update editions set finished_at = '2020-01-01T07:00:00.000000+00:00'")
    assert digest("ledger", "prune").stdout == "1 edition reduced to counts: 2026-11-23-daily\n"
    shown = digest("status", "2026-11-23-daily")
    assert shown.stdout == "2026-11-23-daily: 2 accepted. Its recipients are not kept any more ([ledger] keep).\n"
    assert "2026-11-23-daily\tsent\t2\t2\t2" in digest("status").stdout
    assert '"accepted": 2' in digest("status", "2026-11-23-daily", "--json").stdout


def test_old_editions_are_pruned_by_a_send(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[ledger]\nkeep = "2d"\n')
    newsroom.send()
    for days, is_pruned in ((2, False), (3, True)):
        newsroom.send(NOW + timedelta(days=days))
        with Database.open_to_read(f"sqlite:///{newsroom.path / 'ledger.sqlite3'}") as database:
            record = database.editions.get("2026-11-23-daily")
            assert record is not None
            assert (record.is_pruned, record.reached) == (is_pruned, 2)


@pytest.mark.parametrize("keep", ["0d", "23h", "36526d", "999999999999d", "never"])
def test_a_keep_that_makes_no_sense_is_refused(newsroom: NewsroomFolder, keep: str) -> None:
    newsroom.configure(more=f'[ledger]\nkeep = "{keep}"\n')
    refused = digest("status")
    assert refused.returncode == 2
    assert "[ledger]" in refused.stderr or "keep" in refused.stderr


def test_a_backup_is_whole_private_and_never_replaces_a_file(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert digest("ledger", "backup", "b.sqlite3").stdout == "the ledger was copied to b.sqlite3\n"
    backup = newsroom.path / "b.sqlite3"
    assert backup.stat().st_mode & 0o777 == 0o600
    for name in ("b.sqlite3", "ledger.sqlite3", "digest.toml"):
        refused = digest("ledger", "backup", name)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"{name}: exists already; name a new file" in refused.stderr
    nowhere = digest("ledger", "backup", "none/b.sqlite3")
    assert nowhere.returncode == 1
    assert "none/b.sqlite3: cannot be written: No such file or directory" in nowhere.stderr
    assert {file.name for file in newsroom.path.glob("*b.sqlite3*")} == {"b.sqlite3"}


def test_postgresql_is_backed_up_with_its_own_tool(
    newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    refused = digest("ledger", "backup", "b.sqlite3")
    assert refused.returncode == 2
    assert "pg_dump" in refused.stderr
    assert not (newsroom.path / "b.sqlite3").exists()


def test_a_backup_during_a_send_can_be_sent_from(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.subscribe(*READERS, header="email,name")
    newsroom.through_smtp(smtp_server, options="rate = 50\n")
    command = [sys.executable, "-m", "digest", "send", "--daily", "--now", AT, "--yes"]
    with subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.DEVNULL) as run:
        wait_until(lambda: len(smtp_server.handler.mails) > 10)
        assert digest("ledger", "backup", "b.sqlite3").returncode == 0
        assert run.wait() == 0
    with Database.open(f"sqlite:///{newsroom.path / 'b.sqlite3'}") as database:
        (record,) = database.editions.list_latest()
        assert record.state == "frozen"
        assert record.recipients == 100
        assert 0 < record.counts["accepted"] < 100


# --- ledgers that are not as they should be ---------------------------------------------------------------------------


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def replace_by_text(file: Path) -> None:
    file.write_text("Dear readers, this is not a database.\n" * 500)


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 8)


def set_version(version: int) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with closing(sqlite3.connect(file)) as ledger, ledger:
            ledger.execute("update digest_ledger set version = ?", [version])

    return change


BROKEN = {
    "folder": (replace_by_folder, "it is a folder; the ledger is a file"),
    "text": (replace_by_text, "file is not a database; restore the ledger from a backup, or name the right file"),
    "truncated": (truncate, "database disk image is malformed; the file is damaged: restore the ledger from a backup"),
    "version 0": (set_version(0), "this ledger has version 0"),
    "version 99": (set_version(99), "use the digest that wrote it, or a newer one"),
}
COMMANDS = (
    ("send", "--daily", "--now", AT),
    ("status",),
    ("status", "ada@example.com"),
    ("suppress", "ada@example.com"),
    ("cancel", "2026-11-23-daily"),
    ("ledger", "upgrade"),
    ("ledger", "prune"),
    ("ledger", "copy", "--to", "sqlite:///copied.sqlite3"),
)


@pytest.mark.parametrize("kind", BROKEN)
def test_every_command_says_what_is_wrong_with_the_ledger(newsroom: NewsroomFolder, kind: str) -> None:
    newsroom.send()
    file = newsroom.path / "ledger.sqlite3"
    spoil, message = BROKEN[kind]
    spoil(file)
    before = file.read_bytes() if file.is_file() else b""
    for command in COMMANDS:
        shown = digest(*command)
        assert shown.returncode == 1, command
        assert f"digest: sqlite:///{file}: " in shown.stderr, command
        assert message in shown.stderr, (command, shown.stderr)
        for advice in ("move", "delete", "remove", "Traceback"):
            assert advice not in shown.stderr
    assert (file.read_bytes() if file.is_file() else b"") == before
    assert len(newsroom.mails()) == 2


def test_a_read_only_ledger_can_be_read(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    file = newsroom.path / "ledger.sqlite3"

    def forbid_writing(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("pragma query_only = on")  # root may write any file

    event.listen(Engine, "connect", forbid_writing)
    try:
        assert digest("status").returncode == 0
        refused = digest("suppress", "ada@example.com")
    finally:
        event.remove(Engine, "connect", forbid_writing)
    assert refused.returncode == 1
    assert f"{file}: the ledger failed: attempt to write a readonly database; make the file" in refused.stderr


def test_on_a_full_disk_nothing_is_lost(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    file = newsroom.path / "ledger.sqlite3"
    newsroom.subscribe(*(f"reader{number}@example.com,{os.urandom(40).hex()}" for number in range(3000)))
    later = (NOW + timedelta(days=1)).isoformat()
    newsroom.write(
        "feed.xml", (newsroom.path / "feed.xml").read_text().replace("23 Nov", "24 Nov").replace("/ferry", "/f")
    )

    def fill_disk(connection: sqlite3.Connection, _: object) -> None:
        if connection.execute("pragma database_list").fetchone()[2] == str(file):
            pages = connection.execute("pragma page_count").fetchone()[0]
            connection.execute(f"pragma max_page_count = {pages + 2}")

    event.listen(Engine, "connect", fill_disk)
    try:
        refused = digest("send", "--daily", "--now", later)
    finally:
        event.remove(Engine, "connect", fill_disk)
    assert refused.returncode == 1
    assert "database or disk is full; free some space, then run the command again; nothing is lost" in refused.stderr
    assert len(newsroom.mails()) == 2
    assert "3000 accepted" in digest("send", "--daily", "--now", later).stdout
