"""Several connections to one provider at once; whoever hands out the batches and records them stays in one thread."""

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

_TOGETHER = 0.004
"""Seconds that a batch that is done may wait for others: little beside a server's answer, much beside a commit."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a batch. With an `error` nobody of it was sent anything, and its connection sends no more."""

    batch: Sequence[Recipient]
    receipts: Sequence[Receipt] = ()
    error: Exception | None = None


class Pool(Protocol):
    """Takes batches as long as a connection is `idle`; a context manager that closes them all.

    A connection that its provider ends (too many of them, a bad key) is lost, its batch given back unsent, and the
    others go on.
    """

    batch_size: int

    @property
    def idle(self) -> int:
        """Connections that wait for a batch."""
        ...

    @property
    def busy(self) -> int:
        """Batches that were submitted and not given back by `finished`."""
        ...

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send a batch on a connection that is idle; it is opened with its first one."""
        ...

    def finished(self, timeout: float | None = None) -> list[Done]:
        """The batches that are done, waiting for the first of them, at most `timeout` seconds.

        Then a moment longer, until more of those that are out are back: what is recorded at once costs one commit.

        Raises:
            Exception: what a provider raised that is no DeliveryError.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Threads:
    """A Pool of providers that each take a batch and wait for its answer, in a thread of its own."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        """`providers` are as many as there are to be connections, none of them entered yet."""
        self.batch_size = providers[0].batch_size
        self.idle = len(providers)
        self.busy = 0
        self._batches: SimpleQueue[tuple[Message, Sequence[Recipient]] | None] = SimpleQueue()
        self._done: SimpleQueue[Done] = SimpleQueue()
        # Daemons: a second Ctrl-C ends the process at once, and what was in flight is in doubt, as after a crash.
        self._threads = [Thread(target=self._work, args=(provider,), daemon=True) for provider in providers]
        self._begun = 0
        self._lost = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections; what is in flight is waited for, unless the process is to end at once."""
        for _ in self._threads:
            self._batches.put(None)
        if kind is None or not self.busy:
            for thread in self._threads[: self._begun]:
                thread.join()

    def submit(self, message: Message, batch: Sequence[Recipient]) -> None:
        """Send a batch on a connection that is idle; it is opened with its first one."""
        if self.busy >= self._begun - self._lost:
            self._threads[self._begun].start()
            self._begun += 1
        self.idle -= 1
        self.busy += 1
        self._batches.put((message, batch))

    def finished(self, timeout: float | None = None) -> list[Done]:
        """The batches that are done; those gathered are half of what is out, or what a moment gave."""
        found = []
        with suppress(Empty):
            found.append(self._done.get(timeout=timeout))
            ends = monotonic() + _TOGETHER
            while 2 * len(found) < self.busy and (left := ends - monotonic()) > 0:
                found.append(self._done.get(timeout=left))
            while True:
                found.append(self._done.get_nowait())
        for done in found:
            self.busy -= 1
            if not done.error:
                self.idle += 1
                continue
            self._lost += 1
            if not isinstance(done.error, DeliveryError):
                raise done.error
        return found

    def _work(self, provider: Provider) -> None:
        with provider:
            while (task := self._batches.get()) is not None:
                message, batch = task
                try:
                    receipts = provider.send(message, batch)
                except Exception as error:  # noqa: BLE001 - raised again where the batches are handed out
                    self._done.put(Done(batch, error=error))
                    return
                self._done.put(Done(batch, receipts))
