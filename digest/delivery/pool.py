"""Several connections to one provider at once, while one thread hands out the batches and records the receipts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from digest.delivery.provider import Provider
from digest.errors import DeliveryError
from digest.models import Message, Receipt, Recipient

_GATHER = 0.004
"""Seconds that a completed batch waits for others: short beside a server's response, long beside a commit."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A batch with its receipts. With an `error`, none of it was sent, and its connection sends no more."""

    batch: Sequence[Recipient]
    receipts: Sequence[Receipt] = ()
    error: Exception | None = None


class Pool(Protocol):
    """Takes a batch for each connection that is `idle`; a context manager that closes all connections.

    When the provider ends a connection (it allows fewer, the key is bad), the connection is lost, its batch comes back
    unsent, and the other connections continue.
    """

    batch_size: int
    """The largest batch that `submit` takes."""

    @property
    def idle(self) -> int:
        """How many connections are free to take a batch."""
        ...

    @property
    def busy(self) -> int:
        """How many batches were submitted and not yet collected."""
        ...

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send a batch on an idle connection, which is opened for its first batch."""
        ...

    def collect(self, timeout: float | None = None) -> list[Completed]:
        """Return the completed batches, waiting up to `timeout` seconds for the first of them.

        After the first one it waits a moment for more, since batches recorded together cost one commit.

        Raises:
            Exception: whatever a provider raised that is not a DeliveryError.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ThreadPool:
    """A Pool of providers that each send a batch and wait for the response, in a thread of their own."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        """Take one provider for each connection; none of them may have been entered."""
        self.batch_size = providers[0].batch_size
        self.idle = len(providers)
        self.busy = 0
        self._batches: SimpleQueue[tuple[Message, Sequence[Recipient]] | None] = SimpleQueue()
        self._completed: SimpleQueue[Completed] = SimpleQueue()
        # Daemons: a second Ctrl-C ends the process at once, and what was in flight is in doubt, as after a crash.
        self._threads = [Thread(target=self._work, args=(provider,), daemon=True) for provider in providers]
        self._started = 0
        self._lost = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections, after waiting for what is in flight unless an exception ends the process."""
        for _ in self._threads:
            self._batches.put(None)
        if kind is None or not self.busy:
            for thread in self._threads[: self._started]:
                thread.join()

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send a batch on an idle connection, which is opened for its first batch."""
        if self.busy >= self._started - self._lost:
            self._threads[self._started].start()
            self._started += 1
        self.idle -= 1
        self.busy += 1
        self._batches.put((message, batch))

    def collect(self, timeout: float | None = None) -> list[Completed]:
        """Return the completed batches: once there is one, it waits a moment until half of those in flight are."""
        found = []
        with suppress(Empty):
            found.append(self._completed.get(timeout=timeout))
            deadline = monotonic() + _GATHER
            while 2 * len(found) < self.busy and (left := deadline - monotonic()) > 0:
                found.append(self._completed.get(timeout=left))
            while True:
                found.append(self._completed.get_nowait())
        for completed in found:
            self.busy -= 1
            if not completed.error:
                self.idle += 1
                continue
            self._lost += 1
            if not isinstance(completed.error, DeliveryError):
                raise completed.error
        return found

    def _work(self, provider: Provider) -> None:
        with provider:
            while (task := self._batches.get()) is not None:
                message, batch = task
                try:
                    receipts = provider.send(message, batch)
                except Exception as error:  # noqa: BLE001 - `collect` raises it again
                    self._completed.put(Completed(batch, error=error))
                    return
                self._completed.put(Completed(batch, receipts))
