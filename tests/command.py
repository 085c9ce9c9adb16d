"""The `digest` command, run in this process: what a shell would see, without the second it takes to start Python."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest

from digest.cli import main


@contextmanager
def restored_logging() -> Iterator[None]:
    """Leave the loggers that a command sets up for its process as they were: other tests run in this one."""
    loggers = [logging.getLogger(name) for name in ("", "digest", "digest.cli")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    try:
        yield
    finally:
        for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)


def digest(*arguments: str, cwd: Path | None = None) -> CompletedProcess[str]:
    """Run the command in a folder; its exit status, stdout and stderr, neither of which is a terminal."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        restored_logging(),
        chdir(cwd or Path.cwd()),
        patch.object(sys, "argv", ["digest", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    status = ended.value.code
    assert isinstance(status, int)
    return CompletedProcess(arguments, status, *(stream.buffer.getvalue().decode() for stream in (out, err)))
