"""An edition delivered by `digest`, ledger and all: into Postfix's smtp-sink, and to a stand-in of SendGrid."""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path

from benchmarks.measure import Row, measured
from benchmarks.sample import LINKS, NOW, SENDER, edition, message, readers, recipient
from digest import config
from digest.delivery.mime import CompiledMessage
from digest.sending.deliver import deliver
from digest.sending.send_run import SendRun
from digest.storage import Database

_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
_SINK, _SOURCE = (shutil.which(name, path=_PATH) for name in ("smtp-sink", "smtp-source"))


def rows(scale: float) -> Iterator[Row]:
    """SMTP at 1, 4 and 16 connections, and SendGrid in batches."""
    if _SINK and _SOURCE:
        yield from _smtp(int(20_000 * scale))
    else:
        yield Row("smtp: no smtp-sink and smtp-source here (Debian's package postfix)", 0, "")
    count = int(100_000 * scale)
    with _stand_in() as url:
        options = f'provider = "sendgrid"\n[delivery.sendgrid]\nhost = "{url}"\n'
        one = measured(_delivered, options.replace("\n", "\nconnections = 1\n", 1), count)
        four = measured(_delivered, options, count)
    task = f"{count:,} recipients by SendGrid's API, 4 at once"
    yield Row(task, count / four.seconds, "readers/s", "1 at once", count / one.seconds, four.peak)


def _smtp(count: int) -> Iterator[Row]:
    for connections in (1, 4, 16):
        options = 'provider = "smtp"\n' + f"connections = {connections}\n[delivery.smtp]\n"
        with _sink() as port:
            ours = measured(_delivered, f'{options}host = "127.0.0.1"\nport = {port}\nsecurity = "plain"\n', count)
        with _sink() as port:
            source = _smtp_source(port, connections, count)
        task = f"{count:,} mails of 60 kB by SMTP, {connections} at once"
        cpu = f"{ours.cpu / count * 1e6:.0f} us of CPU a mail"
        yield Row(task, count / ours.seconds, "mails/s", "smtp-source", source, ours.peak, cpu)
        if connections == 1:
            with _sink() as port:
                loop = measured(_smtplib, port, count // 4)
            yield Row(task, count / ours.seconds, "mails/s", "smtplib in a loop", count / 4 / loop.seconds, ours.peak)


def _delivered(options: str, count: int, begin: Callable[[], None]) -> int:
    folder = Path(tempfile.mkdtemp())
    file = folder / "digest.toml"
    file.write_text(
        f'[publication]\nname = "The Gazette"\n[delivery]\nfrom = "{SENDER}"\n{options}'
        '[audience]\nunsubscribe_mailto = "leave@example.com"\n',
        encoding="utf-8",
    )
    loaded = config.load(file, {"SENDGRID_API_KEY": "SG.bench"})
    issue, newsletter = edition(12), message()
    run = SendRun(loaded, "daily", NOW, lambda: NOW, print)
    with Database.open(loaded.database_url) as database, database.hold("daily"):
        database.editions.freeze(issue, "The ferry is back", readers(count), lambda _: newsletter, (), (), LINKS, NOW)
        record = database.editions.get(issue.id)
        assert record
        begin()
        report = deliver(run, database, record)
    assert report.exit_status == 0, str(report)
    return count


def _smtplib(port: int, count: int, begin: Callable[[], None]) -> int:
    compiled = CompiledMessage(message())
    begin()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(count):
            person = recipient(number)
            server.sendmail("news@example.com", [person.email], compiled.mail_for(person))
    return count


def _smtp_source(port: int, connections: int, count: int) -> float:
    size = len(CompiledMessage(message()).mail_for(recipient(1)))
    command = [str(_SOURCE), "-s", str(connections), "-m", str(count), "-l", str(size), "-f", "news@example.com"]
    started = time.perf_counter()
    subprocess.run([*command, "-t", "reader@example.com", f"127.0.0.1:{port}"], check=True)  # noqa: S603 - our own arguments
    return count / (time.perf_counter() - started)


@contextmanager
def _sink() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    user = ["-u", "root"] if os.geteuid() == 0 else []
    sink = subprocess.Popen([str(_SINK), *user, f"127.0.0.1:{port}", "512"])  # noqa: S603 - our own arguments
    try:
        time.sleep(0.5)
        yield port
    finally:
        sink.kill()
        sink.wait()


@contextmanager
def _stand_in() -> Iterator[str]:
    """A server that takes every batch after a fifth of a second, as an API far away would, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    process.start()
    time.sleep(1)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()


def _serve(port: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(0.2)
            self.send_response(202)
            self.send_header("X-Message-Id", "bench")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
