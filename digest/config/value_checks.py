"""Checks of single values in digest.toml, whichever table they are in; an error names the key and its line."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from datetime import timedelta
from email.utils import formataddr, parseaddr
from pathlib import Path

from digest.core.locales import is_language_tag, is_timezone
from digest.core.toml_file import Key, TomlFile
from digest.models import Image


class ValueChecks:
    """Checks and converts the values of one digest.toml. Its methods raise ConfigError for one that is not valid."""

    def __init__(self, toml: TomlFile) -> None:
        self._folder = toml.file.parent
        self.fail = toml.fail

    def resolve_path(self, path: str | Path) -> Path:
        """Return an absolute path; those in the file are relative to its folder."""
        return (self._folder / path).resolve()

    def parse_picture(self, value: str) -> Image | None:
        """Return the picture at a URL or in a local file, None if there is no value."""
        if value.startswith(("https://", "http://")):
            return Image(url=value)
        return Image(file=self._folder / value) if value else None

    def refuse_control_characters(self, key: Key, value: str, *, allow_newline: bool = False) -> None:
        """Refuse line breaks and other control characters."""
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f]" if allow_newline else r"[\x00-\x1f\x7f]", value):
            self.fail(key, "contains a line break or another control character", "write it on one line")

    def check_url(self, key: Key, value: str) -> None:
        """Refuse what is not an absolute http or https URL, unless it is empty."""
        if value and not re.fullmatch(r"https?://[^\s/]+\S*", value):
            self.fail(key, f"`{value}` is not a valid URL", "write it in full, starting with https://")

    def check_timezone(self, key: Key, value: str) -> None:
        """Refuse what is not a time zone of the IANA database."""
        if not is_timezone(value):
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            hint = f"did you mean `{near[0]}`?" if near else "write it as `America/Chicago`"
            self.fail(key, f"`{value}` is not a valid time zone", hint)

    def check_language(self, key: Key, value: str) -> None:
        """Refuse what is not a language tag."""
        if not is_language_tag(value):
            self.fail(key, f"`{value}` is not a valid language tag", "write it as `en` or `pt-BR`")

    def check_colour(self, key: Key, value: str) -> None:
        """Refuse what is not a colour as `#rrggbb`."""
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            self.fail(key, f"`{value}` is not a valid colour", "write it as `#9b1c1f`")

    def parse_mailbox(self, key: Key, value: str, default_name: str) -> str:
        """Return `Name <address>` in one canonical form; a value without a name gets the `default_name`."""
        if not value:
            return ""
        self.refuse_control_characters(key, value)
        name, address = parseaddr(value)
        if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+|[^\s@<>]+@localhost", address):
            hint = 'write it as "The Gazette <news@example.com>"'
            self.fail(key, f"`{value}` is not a valid email address", hint)
        # formataddr would encode a name that is not ASCII; the MIME stage does that when it writes the header.
        plain = name or default_name
        return formataddr((plain, address)) if plain.isascii() else f'"{plain.replace(chr(34), "")}" <{address}>'

    def parse_duration(self, key: Key, value: str) -> timedelta:
        """Return the duration written as `90m`, `6h`, `30s`, `1d` or `1h30m`."""
        match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", value.replace(" ", ""))
        if not value or not match:
            self.fail(key, f"`{value}` is not a valid duration", "write it as `6h`, `90m` or `1d`")
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        try:
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            self.fail(key, f"`{value}` is too long")
