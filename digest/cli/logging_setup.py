"""Logging to stderr: as text for people or as JSON for log systems, with email addresses masked unless asked for.

Modules log what happens to `logging.getLogger(__name__)`: INFO, which `-v` shows, is for each step of a run and each
recipient's outcome; DEBUG, which `-vv` adds, is for details. What the operator must see is not logged but returned as a
`Problem` or raised, and printed by the commands through `operator_log`.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Literal

import click

LogFormat = Literal["text", "json"]

operator_log = logging.getLogger("digest.cli")
"""Problems and errors for the person who runs the command, who must know the reader: as text they are not masked."""

_ADDRESS = re.compile(r"([^\s@<]{1,2})[^\s@<]*@")
_SHOW_ADDRESSES = 2
"""How many `-v` it takes to log whole addresses: logs are read by more people than the subscribers are."""


def configure_logging(verbosity: int = 0, log_format: LogFormat = "text") -> None:
    """Set up logging for this process: `verbosity` is how many `-v` were given. May be called again.

    Libraries' loggers stay quiet: what they report to us, we report in our own words.
    """
    # Without a handler on the root logger, Python prints libraries' warnings itself (logging.lastResort).
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    handler = _StderrHandler()
    handler.setFormatter(_JsonFormatter() if log_format == "json" else _TextFormatter())
    if verbosity < _SHOW_ADDRESSES:
        handler.addFilter(_AddressMask())
    log = logging.getLogger("digest")
    log.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
    _replace_handler(log, handler)
    operator_handler = None
    if log_format == "text":
        operator_handler = _StderrHandler()
        operator_handler.setFormatter(logging.Formatter("digest: %(message)s"))
    _replace_handler(operator_log, operator_handler)
    operator_log.propagate = operator_handler is None


def _replace_handler(log: logging.Logger, new: logging.Handler | None) -> None:
    """Give a logger a handler in place of that of an earlier call."""
    for old in [handler for handler in log.handlers if isinstance(handler, _StderrHandler)]:
        log.removeHandler(old)
    if new:
        log.addHandler(new)


def mask_addresses(text: str) -> str:
    """Return a text with all but the first two characters of every email address's local part replaced."""
    return _ADDRESS.sub(r"\1***@", text)


class _StderrHandler(logging.Handler):
    """Writes to whatever `sys.stderr` is at the time.

    Nothing that goes wrong here stops a send, such as a closed pipe in `digest -v send 2>&1 | head`.
    """

    def emit(self, record: logging.LogRecord) -> None:
        try:
            click.echo(self.format(record), err=True)
        except BrokenPipeError:
            pass
        except Exception:  # noqa: BLE001 - as every handler of the standard library does
            self.handleError(record)


class _AddressMask(logging.Filter):
    """Masks email addresses in a record's message, extra fields and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_addresses(record.getMessage()), None
        for name, value in _get_extra_fields(record).items():
            if isinstance(value, str):
                setattr(record, name, mask_addresses(value))
        if record.exc_info:  # a formatter takes the text that is there already
            record.exc_text = mask_addresses(logging.Formatter().formatException(record.exc_info))
        return True


class _TextFormatter(logging.Formatter):
    """`07:00:00.123456 2026-11-23-daily ad***@example.com accepted`, the time in UTC."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 - overrides
        return f"{_get_time(record):%H:%M:%S.%f}"


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, and the record's extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": _get_time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_get_extra_fields(record),
        }
        if record.exc_info:
            fields["exception"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


_STANDARD_FIELDS = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _get_extra_fields(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields that were passed as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS}


def _get_time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
