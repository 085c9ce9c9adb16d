"""An SMTP server: see `digest.delivery.smtp` for what is said to it."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from digest.config.provider_settings import SmtpSettings
from digest.delivery.smtp.connection import connect
from digest.delivery.smtp.lines import Lines
from digest.models import Message, Receipt, Recipient


def open_provider(settings: SmtpSettings, secret: str) -> SmtpProvider:
    """The provider for these settings."""
    return SmtpProvider(settings, secret)


def open_pool(settings: SmtpSettings, secret: str, connections: int) -> Lines:
    """Several connections to the server."""
    return Lines(settings, secret, connections)


class SmtpProvider:
    """Sends on one connection, which is opened on the first send, and again where the server closed it."""

    name = "smtp"
    batch_size = 1

    def __init__(self, settings: SmtpSettings, secret: str) -> None:
        self._settings = settings
        self._password = secret
        self._line = Lines(settings, secret, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take leave of the server."""
        self._line.__exit__(kind, error, trace)

    def check(self) -> None:
        """Prove that the server can be reached and lets us in. Raises DeliveryError."""
        with connect(self._settings, self._password):
            pass  # leaving says QUIT

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient. Raises DeliveryError when the server takes no mail at all."""
        receipts: list[Receipt] = []
        for recipient in recipients:
            self._line.submit(message, (recipient,))
            (done,) = self._line.finished()
            if done.error:
                self._line.__exit__(None, None, None)
                self._line = Lines(self._settings, self._password, 1)
                raise done.error
            receipts += done.receipts
        return receipts
