"""What every provider does: one Protocol, one file for each in `providers/`."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from digest.models import Message, Receipt, Recipient


class Provider(Protocol):
    """Takes a Message and Recipients, gives a Receipt for each. One file each in `digest/delivery/providers/`.

    Used as a context manager by one thread: a connection is opened on entering (or on the first send), kept from send
    to send, and closed on leaving. Where several are wanted at once, several providers are opened.
    """

    name: str
    batch_size: int
    """The most recipients one `send` may take."""

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient and say what became of each, in their order.

        Raises DeliveryError only when none of these recipients was sent anything (bad key, no connection): they stay
        pending and the run stops.
        """
        ...

    def check(self) -> None:
        """Prove, without sending anything, that the provider can be reached and lets us in. Raises DeliveryError."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
