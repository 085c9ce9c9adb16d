"""An SMTP server: `digest.delivery.smtp` does the work."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from digest.config.provider_settings import SmtpSettings
from digest.delivery.smtp.login import connect
from digest.delivery.smtp.pool import SmtpPool
from digest.models import Message, Receipt, Recipient


class SmtpProvider:
    """Sends on one connection, which is opened by the first send, and again after the server closed it."""

    name = "smtp"
    batch_size = 1

    def __init__(self, settings: SmtpSettings, secret: str) -> None:
        self._settings = settings
        self._password = secret
        self._pool = SmtpPool(settings, secret, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say QUIT and close the connection."""
        self._pool.__exit__(kind, error, trace)

    def check(self) -> None:
        """Prove that the server can be reached and accepts the login. Raises DeliveryError."""
        with connect(self._settings, self._password):
            pass  # leaving the block says QUIT

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Send to each recipient. Raises DeliveryError when the server takes no mail at all."""
        receipts: list[Receipt] = []
        for recipient in recipients:
            self._pool.submit(message, (recipient,))
            (completed,) = self._pool.collect()
            if completed.error:
                self._pool.__exit__(None, None, None)
                self._pool = SmtpPool(self._settings, self._password, 1)
                raise completed.error
            receipts += completed.receipts
        return receipts
