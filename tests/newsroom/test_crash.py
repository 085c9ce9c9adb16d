"""The process is really killed, again and again, and in the end nobody got two mails and nobody is missing.

`DIGEST_CRASH_KILLS=200 pytest tests/newsroom/test_crash.py` is the long form.
"""

import email
import email.policy
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

NOW = "2026-11-23T07:00:00Z"
KILLS = int(os.environ.get("DIGEST_CRASH_KILLS", "6"))
READERS = 60

COMMAND = [sys.executable, "-m", "digest", "send", "--daily", "--now", NOW]


def recipient_of(mail: bytes) -> str:
    message: Any = email.message_from_bytes(mail, policy=email.policy.default)
    address: str = message["To"].addresses[0].addr_spec
    return address


def set_up(newsroom: Any, provider: str, request: pytest.FixtureRequest) -> Callable[[], list[str]]:
    """Configure the provider; a function that gives everyone who really got a mail."""
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(READERS)))
    if provider == "smtp":
        smtp = request.getfixturevalue("smtp_server")
        settings = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "plain"\n'
        newsroom.configure(("[delivery]\n", '[delivery]\nprovider = "smtp"\n'), more=settings)
        return lambda: list(smtp.handler.recipients)
    if provider == "sendgrid":
        sendgrid = request.getfixturevalue("sendgrid_server")
        request.getfixturevalue("monkeypatch").setenv("SENDGRID_API_KEY", sendgrid.key)
        settings = f'[delivery.sendgrid]\nhost = "{sendgrid.url}"\n'
        newsroom.configure(("[delivery]\n", '[delivery]\nprovider = "sendgrid"\n'), more=settings)
        return lambda: [mail["to"] for mail in sendgrid.mails]
    return lambda: [recipient_of(mail) for mail in newsroom.mails()]


@pytest.mark.slow
@pytest.mark.parametrize("ledger", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("provider", "at_once"), [("maildir", 1), ("smtp", 4), ("sendgrid", 1000)])
def test_killed_at_any_instant_nobody_gets_two_and_nobody_is_missing(
    newsroom: Any,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    ledger: str,
    provider: str,
    at_once: int,
) -> None:
    if ledger == "postgresql":
        monkeypatch.setenv("DIGEST_DATABASE_URL", request.getfixturevalue("postgres_url"))
    seed = int(os.environ.get("DIGEST_CRASH_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    got = set_up(newsroom, provider, request)
    kills = 0
    whole_run = 2.0
    for _ in range(KILLS):
        started = time.monotonic()
        process = subprocess.Popen(COMMAND, cwd=newsroom.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, trouble = process.communicate(timeout=chance.uniform(0.2, 1.0) * whole_run)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        else:
            assert process.returncode in (0, 3), trouble
            whole_run = time.monotonic() - started
            break
    time.sleep(0.2)  # a server may be still at what it was sent last
    last = subprocess.run(COMMAND, cwd=newsroom.path, capture_output=True, text=True, check=False, timeout=60)
    assert last.returncode in (0, 3), last.stderr
    status = [sys.executable, "-m", "digest", "status", "2026-11-23-daily", "--json"]
    told = json.loads(subprocess.run(status, cwd=newsroom.path, capture_output=True, text=True, check=True).stdout)
    states = {person["email"]: person["state"] for person in told["recipients"]}
    mailed = Counter(got())
    detail = f"seed {seed}, {kills} kills, {Counter(states.values())}"
    assert len(states) == READERS, detail
    assert [address for address, count in mailed.items() if count > 1] == [], detail
    assert {address for address, state in states.items() if state == "accepted"} <= set(mailed), detail
    assert set(states.values()) <= {"accepted", "in_doubt"}, detail
    assert sum(state == "in_doubt" for state in states.values()) <= kills * at_once, detail
