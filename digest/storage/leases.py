"""Leases: a claim on work that expires unless its holder renews it, so that a dead run blocks nobody for long."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, delete, literal_column, select, update

from digest.errors import LockedError, StorageError
from digest.storage.engine import dialect_insert, is_in_memory, transaction
from digest.storage.tables import leases

TTL = 60.0
"""Seconds without a heartbeat after which a lease expires."""
_HEARTBEAT = 15.0
"""Seconds between heartbeats."""

logger = logging.getLogger(__name__)


class Lease:
    """A lease held by this process; `holder` names the holder, and no other process or run ever has the same name."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self.holder = f"{_this_process()}/{uuid4().hex}"
        self._engine = engine
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def is_held(self, connection: Connection) -> bool:
        """Return, within a transaction, whether nobody took this lease over, as another run may once it expires."""
        return connection.scalar(select(leases.c.holder).where(leases.c.name == self.name)) == self.holder

    def check(self, connection: Connection) -> None:
        """Raise LockedError unless this lease is held; nobody can take it over until the transaction ends."""
        this = select(leases.c.holder).where(leases.c.name == self.name)
        if connection.scalar(this.with_for_update(read=True)) != self.holder:
            raise self.make_lost_error()

    def make_lost_error(self) -> LockedError:
        """Return the error of a run whose lease was taken over."""
        return LockedError(
            f"another run took over `{self.name}` while this one did not respond",
            hint="nothing more is sent by this run; `digest status` shows what the other one does",
        )

    def acquire(self) -> None:
        """Take the lease. Raises LockedError if another holder has it."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(leases).where(leases.c.name == self.name)).one_or_none()
            now = connection.scalar(select(_now(connection)))
            assert now is not None
            if row and row.expires_at > now and not _is_dead(row.holder):
                raise _refused()
            values = {"name": self.name, "holder": self.holder, "expires_at": now + TTL}
            if row is None:
                taken = dialect_insert(connection, leases).values(**values).on_conflict_do_nothing()
            else:  # only if it is still the one that was read
                taken = update(leases).where(leases.c.name == self.name, leases.c.holder == row.holder).values(**values)
            if connection.scalar(taken.returning(leases.c.name)) is None:
                raise _refused()
        if is_in_memory(self._engine):
            return  # its one connection belongs to this thread, and nobody else can see the lease
        self._thread = threading.Thread(target=self._renew, name=f"lease {self.name}", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Give the lease up, so that the next run need not wait until it expires."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        try:
            with transaction(self._engine) as connection:
                connection.execute(delete(leases).where(leases.c.name == self.name, leases.c.holder == self.holder))
        except StorageError as error:  # it expires by itself
            logger.warning("lease %s was not released: %s", self.name, error)

    def _renew(self) -> None:
        while not self._stop.wait(_HEARTBEAT):
            try:
                with transaction(self._engine) as connection:
                    ours = update(leases).where(leases.c.name == self.name, leases.c.holder == self.holder)
                    connection.execute(ours.values(expires_at=_now(connection) + TTL))
            except StorageError as error:  # the database may come back in time
                logger.warning("lease %s was not renewed: %s", self.name, error)


def _refused() -> LockedError:
    return LockedError(
        "another digest run is using this ledger", hint="let it finish; `digest status` shows how far it is"
    )


def count_held(connection: Connection) -> int:
    """Return how many leases are held by somebody who is alive, within a transaction."""
    rows = connection.execute(select(leases.c.holder).where(leases.c.expires_at > _now(connection))).scalars()
    return sum(not _is_dead(holder) for holder in rows)


@contextmanager
def hold_leases(engine: Engine, *names: str) -> Iterator[list[Lease]]:
    """Hold some leases, always taken in the same order so that two runs cannot wait for each other.

    Raises:
        LockedError: another run holds one of them (exit 75).
    """
    held: list[Lease] = []
    try:
        for name in sorted(names):
            lease = Lease(engine, name)
            lease.acquire()
            held.append(lease)
        yield held
    finally:
        for lease in reversed(held):
            lease.release()


def _now(connection: Connection) -> ColumnElement[float]:
    """Return the database's clock, in seconds since 1970: the clocks of the machines that send may differ."""
    if connection.dialect.name == "postgresql":
        return literal_column("extract(epoch from clock_timestamp())::float8")
    return literal_column("(julianday('now') - 2440587.5) * 86400.0")


def _this_process() -> str:
    """Machine, boot, process and its start: no two processes have all four in common."""
    return "/".join([socket.gethostname(), _boot_id(), str(os.getpid()), _start_of(os.getpid())])


def _is_dead(holder: str) -> bool:
    """Return whether a holder was a process of this machine that is not running any more."""
    host, boot, pid, start, _ = holder.split("/")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if boot != _boot_id():
        return False  # the machine was restarted, or it is another one, or a container, of the same name
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's process
        pass
    return _start_of(int(pid)) != start


@cache
def _boot_id() -> str:
    """Return the machine's boot and, as containers have processes of their own, the namespace of process numbers."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return "-"


def _start_of(pid: int) -> str:
    """When a process started, in ticks since the boot: a number may be used again for another process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "-"
