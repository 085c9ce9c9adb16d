"""Each provider's settings open that provider, and load no other's libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

from digest.config.provider_settings import PROVIDERS, Settings
from digest.delivery import (
    MaildirSettings,
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendGridSettings,
    SesSettings,
    SmtpSettings,
    open_pool,
    open_provider,
)

SETTINGS: list[Settings] = [
    MaildirSettings(Path("outbox")),
    MailgunSettings("mg.example.com"),
    PostmarkSettings(),
    ResendSettings(),
    SendGridSettings(),
    SesSettings("eu-west-1"),
    SmtpSettings(),
]


def test_no_provider_is_left_out() -> None:
    assert sorted(settings.name for settings in SETTINGS) == sorted(PROVIDERS)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.name)
def test_settings_open_their_provider_and_a_pool_of_it(settings: Settings) -> None:
    with open_provider(settings, "key") as provider:
        assert provider.name == settings.name
        batch_size = provider.batch_size
    with open_pool(settings, "key", 3) as pool:
        assert (pool.idle, pool.busy, pool.batch_size) == (3, 0, batch_size)


def test_settings_without_a_provider_are_an_error() -> None:
    class OtherSettings(Settings, frozen=True):
        name = "other"

    with pytest.raises(TypeError, match="no provider for OtherSettings"):
        open_provider(OtherSettings())


def test_a_maildir_loads_no_library_of_another_provider(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from digest.delivery import MaildirSettings, open_pool\n"
        f"with open_pool(MaildirSettings(Path({str(tmp_path)!r})), '', 2): pass\n"
        "print([name for name in ('httpx', 'boto3', 'sendgrid', 'smtplib', 'dkim') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
