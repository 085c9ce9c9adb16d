"""A local outbox: each mail is a file in a maildir, which mail programs can open."""

from __future__ import annotations

import mailbox
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from digest.config.provider_settings import MaildirSettings
from digest.delivery.mime import compile_message
from digest.errors import DeliveryError
from digest.models import Message, Outcome, Receipt, Recipient


class MaildirProvider:
    """Writes mails into a maildir: into `tmp`, then in one step into `new` (cr.yp.to/proto/maildir.html)."""

    name = "maildir"
    batch_size = 1  # as many mails as a killed process may leave in doubt

    def __init__(self, settings: MaildirSettings, _secret: str) -> None:
        self._folder = settings.folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def check(self) -> None:
        """Prove that the folder, or the one in which it would be created, is writable. Raises DeliveryError."""
        nearest = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise self._unwritable("permission denied")

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Sequence[Receipt]:
        """Write a file for each recipient. Raises DeliveryError when the folder cannot be written."""
        try:
            # A folder that exists, empty or left incomplete by a run that was killed, gets what it lacks.
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            box = mailbox.Maildir(self._folder, create=False)
        except OSError as error:
            raise self._unwritable(str(error.strerror)) from None
        return [self._write(box, message, recipient) for recipient in recipients]

    def _write(self, box: mailbox.Maildir, message: Message, recipient: Recipient) -> Receipt:
        try:
            mail = compile_message(message).mail_for(recipient)
        except ValueError as error:
            return Receipt(recipient, Outcome.REFUSED, str(error))
        try:
            # Maildir.add syncs the file before it moves it into `new`.
            key = box.add(mail)
        except OSError as error:
            raise self._unwritable(str(error.strerror)) from None
        return Receipt(recipient, Outcome.ACCEPTED, key)

    def _unwritable(self, reason: str) -> DeliveryError:
        return DeliveryError(
            f"the outbox cannot be written: {reason}",
            location=str(self._folder),
            hint="make the folder writable, and check that the disk has free space",
        )
