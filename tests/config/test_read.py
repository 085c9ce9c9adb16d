"""digest.toml read into a Config, and every way to get it wrong."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from digest import config
from digest.delivery import MaildirSettings
from digest.errors import ConfigError
from digest.models import Image

SMALL = '[publication]\nname = "The Gazette"\n'


def load(tmp_path: Path, text: str, **environ: str) -> config.Config:
    file = tmp_path / "digest.toml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environ)


def test_a_name_is_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL)
    assert loaded.publication.timezone == "UTC"
    assert loaded.delivery.providers == (MaildirSettings(tmp_path / "outbox"),)
    assert loaded.delivery.max_lateness == timedelta(hours=6)
    assert loaded.audience.subscribers == tmp_path / "subscribers.csv"
    assert loaded.schedules["daily"].at is None
    assert loaded.database_url == f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


def test_secrets_come_from_the_environment_and_are_never_shown(tmp_path: Path) -> None:
    loaded = load(tmp_path, SMALL, SENDGRID_API_KEY=" SG.k ", DIGEST_DATABASE_URL="postgresql://x@localhost/d")
    assert loaded.secrets.providers["SENDGRID_API_KEY"] == "SG.k"
    assert loaded.database_url == "postgresql://x@localhost/d"
    assert "SG.k" not in repr(loaded)


def test_every_table_is_read(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        SMALL
        + """
        url = "https://www.example.com/"
        logo = "logo.png"
        [daily]
        at = "07:30"
        max_articles = 12
        layout = "brief"
        [links]
        utm = { utm_source = "newsletter" }
        [weekly]
        at = 06:00:00
        [sections]
        order = ["City", "World"]
        names = { SciTech = "Science" }
        limits = { World = 2 }
        [[sources]]
        type = "feed"
        url = "https://www.example.com/feed/"
        [[sources]]
        type = "folder"
        path = "articles"
        name = "desk"
        [delivery]
        provider = "smtp"
        from = "news@example.com"
        rate = 5
        max_lateness = "1h30m"
        [delivery.smtp]
        host = "mail.example.com"
        security = "tls"
        [audience]
        unsubscribe_url = "https://www.example.com/leave?t={token}"
        unsubscribe_mailto = "mailto:leave@example.com"
        """,
    )
    assert loaded.publication.url == "https://www.example.com"
    assert loaded.publication.logo == Image(file=tmp_path / "logo.png")
    assert loaded.schedules["daily"].at == time(7, 30)
    assert loaded.schedules["weekly"].at == time(6)
    assert loaded.sections.limits == {"World": 2}
    assert loaded.schedules["daily"].layout == "brief"
    assert loaded.schedules["weekly"].layout == "cards"
    assert loaded.links.utm == {"utm_source": "newsletter"}
    assert [source.name for source in loaded.sources] == ["example.com/feed", "desk"]
    assert loaded.sources[1].path == tmp_path / "articles"
    assert loaded.delivery.sender == "The Gazette <news@example.com>"
    assert loaded.delivery.rate == 5
    assert loaded.delivery.max_lateness == timedelta(minutes=90)
    assert loaded.audience.unsubscribe_mailto == "leave@example.com"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[publication]\n", 1, ["name", "missing"]),
        (
            SMALL + 'timezone = "Europe/Berlln"',
            3,
            ["`Europe/Berlln` is not a valid time zone", "did you mean `Europe/Berlin`?"],
        ),
        (SMALL + 'timzone = "UTC"', 3, ["publication.timzone", "unknown key", "did you mean `timezone`?"]),
        (SMALL + "[dayly]\n", 3, ["dayly", "did you mean `daily`?"]),
        (SMALL + '[daily]\nmax_articles = "ten"', 4, ["daily.max_articles", "int"]),
        (SMALL + '[daily]\nat = "7 o\'clock"', 4, ["daily.at", '"07:00"']),
        (SMALL + "[daily]\nlocal_time = true", 4, ["daily.local_time", "add `at"]),
        (SMALL + '[weekly]\nat = "07:00"\nlocal_time = true', 5, ["weekly.local_time", "add `day"]),
        (SMALL + '[weekly]\nday = "monday"', 4, ["weekly.day", "cron"]),
        (SMALL + '[weekly]\nday = "mon"', 4, ["weekly.day"]),
        (SMALL + 'colour = "red"', 3, ["publication.colour", "#9b1c1f"]),
        (SMALL + 'language = "english please"', 3, ["publication.language"]),
        (SMALL + 'logo_dark = "night.png"', 3, ["publication.logo_dark", "add `logo`"]),
        (SMALL + "[sections]\nlimit = 0", 4, ["sections.limit"]),
        (SMALL + "[sections]\nlimits = { World = 0 }", 4, ["sections.limits"]),
        (SMALL + '[[sources]]\ntype = "feed"', 3, ["sources[1]", "`url` or `path`"]),
        (SMALL + '[[sources]]\ntype = "fed"\nurl = "https://x.example"', 4, ["did you mean `feed`?"]),
        (
            SMALL + '[[sources]]\ntype = "feed"\nurl = "www.example.com/feed"',
            5,
            ["sources[1].url: `www.example.com/feed` is not a valid URL", "https://"],
        ),
        (SMALL + '[[sources]]\ntype = "folder"\nurl = "https://x.example"', 5, ["`path`"]),
        (
            SMALL + '[[sources]]\ntype="folder"\npath="a"\n[[sources]]\ntype = "folder"\npth = "articles"',
            8,
            ["sources[2].pth", "did you mean `path`?"],
        ),
        (SMALL + '[[sources]]\ntype="folder"\npath="a"\n' * 2, 6, ["sources[2]", "a second source called `a`"]),
        (SMALL + '[delivery]\nprovider = "sendmail"', 4, ["delivery.provider"]),
        (SMALL + '[delivery]\nfrom = "Gazette"', 4, ["delivery.from", "`Gazette` is not a valid email address"]),
        (SMALL + '[delivery]\nfrom = "A\\r\\nBcc: x@example.com <a@example.com>"', 4, ["line break"]),
        (
            SMALL + '[delivery]\nmax_lateness = "soon"',
            4,
            ["delivery.max_lateness: `soon` is not a valid duration", "6h"],
        ),
        (SMALL + "[delivery]\nrate = -1", 4, ["delivery.rate"]),
        (SMALL + "[delivery.smtp]\nport = 70000", 4, ["delivery.smtp.port"]),
        (SMALL + "[delivery.sendgrid]\ntimeout = 0", 4, ["delivery.sendgrid.timeout"]),
        (SMALL + '[delivery.sendgrid]\nhost = "localhost"', 4, ["is not a valid URL", "https://api.example.com"]),
        (SMALL + '[delivery.mailgun]\ndomain = "news"', 4, ["is not a valid domain", "`mg.example.com`"]),
        (SMALL + '[delivery.mailgun]\nregion = "uk"', 4, ["unknown value `uk`", "did you mean `us`?"]),
        (SMALL + '[delivery.mailgun]\nregion = "asia"', 4, ["unknown value `asia`", "known: "]),
        (SMALL + '[daily]\nlayout = "card"', 4, ["unknown value `card`", "did you mean `cards`?"]),
        (
            SMALL + '[delivery.smtp.dkim]\ndomain = "a.example"\nselector = "n"\nkey_file = "k"',
            3,
            ["write it as [dkim]"],
        ),
        (SMALL + '[audience]\nunsubscribe_url = "https://x.example/{id}"', 4, ["{id}", "{token}"]),
        ('[publication]\nname = " "', 2, ["publication.name", "empty"]),
        ("[publication\n", 0, ["not valid TOML", "line 1"]),
    ],
)
def test_an_error_is_reported_with_its_line(tmp_path: Path, text: str, line: int, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.exit_status == 2
    place = f"digest.toml:{line}: " if line else "digest.toml: "
    assert place in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_refused_with_how_to_create_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="digest init"):
        config.load(tmp_path / "digest.toml", {})


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_bytes('name = "Zürich"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load(tmp_path / "digest.toml", {})
