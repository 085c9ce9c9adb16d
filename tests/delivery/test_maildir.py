"""The local outbox."""

from pathlib import Path

import pytest

from digest.delivery import MaildirSettings
from digest.errors import DeliveryError
from tests.delivery.sample import Make, Reader, Send, outcomes


def test_an_outbox_that_cannot_be_written_stops_the_run(
    send: Send, tmp_path: Path, message: Make, recipient: Reader
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = MaildirSettings(tmp_path / "file" / "outbox")
    with pytest.raises(DeliveryError, match="cannot be written"):
        send(settings, message(), recipient())


@pytest.mark.parametrize("there", ["", "outbox", "outbox/tmp"])
def test_an_outbox_gets_the_folders_it_lacks(
    send: Send, tmp_path: Path, message: Make, recipient: Reader, there: str
) -> None:
    (tmp_path / "deep" / there).mkdir(parents=True)
    settings = MaildirSettings(tmp_path / "deep" / "outbox")
    assert outcomes(send(settings, message(), recipient())) == ["accepted"]
    assert len(list((settings.folder / "new").iterdir())) == 1
