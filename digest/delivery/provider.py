"""The Protocol of a provider: what each file in `providers/` implements."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from digest.models import Message, Receipt, Recipient


class Provider(Protocol):
    """Takes a Message and Recipients, and returns a Receipt for each.

    It is constructed with its settings and its secret, and used as a context manager by one thread. A connection is
    opened on entering or by the first send, kept from send to send, and closed on leaving. Several connections are
    several providers: see `digest.delivery.registry.open_pool`.
    """

    name: str
    """The provider's name, as in `[delivery] provider`."""
    batch_size: int
    """The most recipients that one `send` takes."""

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient; return their receipts in the same order.

        Raises:
            DeliveryError: none of these recipients was sent anything (bad key, no connection). They stay pending.
        """
        ...

    def check(self) -> None:
        """Prove, without sending anything, that the provider can be reached and accepts the credentials.

        Raises:
            DeliveryError: it cannot, or does not.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
