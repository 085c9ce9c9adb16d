"""The process is really killed, again and again; in the end nobody has received two emails and nobody is missing.

The short form kills each provider on each database twice. `pytest -m slow tests/sending/test_crash.py` is the long form, with
`DIGEST_CRASH_KILLS` kills each.
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
from datetime import UTC, datetime, timedelta
from threading import Timer
from typing import Any

import pytest

from tests.newsroom_folder import NewsroomFolder

KILLS = int(os.environ.get("DIGEST_CRASH_KILLS", "10"))
READERS = 60
FIRST_DAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
OPTIONS = 'rate = 60\npatience = "0s"\nconnections = 4\n'  # a second's work, so that a kill can come at any point
BATCH = 15  # readers a request, by the rate
IN_FLIGHT = {"maildir": 1, "smtp": 4, "sendgrid": 4 * BATCH}
"""Emails that a kill may leave in doubt: one per connection, of which the maildir has one, or a batch per connection."""
TAKEN, LOST = ["take and hang", "take and hang up"], ["lose", "hang"]


def recipient_of(mail: bytes) -> str:
    message: Any = email.message_from_bytes(mail, policy=email.policy.default)
    address: str = message["To"].addresses[0].addr_spec
    return address


def set_up(
    newsroom: NewsroomFolder, provider: str, chance: random.Random, request: pytest.FixtureRequest
) -> tuple[Callable[[], list[str]], Callable[[float], None]]:
    """Configure a provider whose server misbehaves at random.

    Returns a function that lists everyone who really got an email, and one that stops the server for some seconds.
    """
    newsroom.subscribe(*(f"reader{number}@example.com,R" for number in range(READERS)))
    if provider == "smtp":
        smtp = request.getfixturevalue("smtp_server")
        newsroom.through_smtp(smtp, options=OPTIONS, timeout=1)
        smtp.handler.mood = lambda: chance.choice([""] * 60 + TAKEN + LOST + ["defer"] * 2)
        return lambda: list(smtp.handler.recipients), smtp.die
    if provider == "sendgrid":
        sendgrid = request.getfixturevalue("sendgrid_server")
        newsroom.through_sendgrid(sendgrid, options=OPTIONS.replace("60", str(BATCH)), timeout=1)
        sendgrid.mood = lambda: chance.choice([""] * 14 + TAKEN + LOST + ["take and babble", "429", "500", "503"])
        return lambda: [mail["to"] for mail in sendgrid.mails], sendgrid.die
    options = OPTIONS.replace("connections = 4", "connections = 1")  # the maildir's default
    newsroom.configure(("[delivery]\n", f"[delivery]\n{options}"))
    return lambda: [recipient_of(mail) for mail in newsroom.mails()], lambda _seconds: None


def publish(newsroom: NewsroomFolder, day: datetime) -> None:
    newsroom.write(
        "feed.xml",
        f"<rss version='2.0'><channel><item><title>What happened on {day:%A the %d %B}</title>"
        f"<link>https://www.example.com/{day:%m-%d}</link></item></channel></rss>",
    )


def send_with_kills(
    newsroom: NewsroomFolder, day: datetime, chance: random.Random, most: int, die: Callable[[float], None]
) -> int:
    """Run the command for a day until it ends by itself, killing it at random at most this often; return the kills.

    In every third run the server stops too, for a moment.
    """
    command = [sys.executable, "-m", "digest", "send", "--daily", "--now", day.isoformat(), "--yes"]
    kills = 0
    for _ in range(100):
        process = subprocess.Popen(command, cwd=newsroom.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        death = Timer(chance.uniform(0.4, 1.6), die, [chance.uniform(0.05, 0.5)])
        if chance.random() < 1 / 3:
            death.start()
        try:
            line, trouble = process.communicate(timeout=chance.uniform(0.4, 2.2) if kills < most else 60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        finally:
            if death.ident:
                death.join()
        assert process.returncode in (0, 1, 3), trouble
        if b"nothing to do" in line:
            return kills
    raise AssertionError("the edition never ends")


@pytest.mark.parametrize("most", [2, pytest.param(KILLS, id="many", marks=pytest.mark.slow)])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("provider", ["maildir", "smtp", "sendgrid"])
def test_after_a_kill_at_any_instant_nobody_gets_two_emails_and_nobody_is_missed(
    newsroom: NewsroomFolder,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    provider: str,
    most: int,
) -> None:
    if database == "postgresql":
        monkeypatch.setenv("DIGEST_DATABASE_URL", request.getfixturevalue("postgres_url"))
    seed = int(os.environ.get("DIGEST_CRASH_SEED", random.randrange(10**6)))
    chance = random.Random(seed)
    got, die = set_up(newsroom, provider, chance, request)
    kills, day, doubts = 0, FIRST_DAY, 0
    while kills < most:
        publish(newsroom, day)
        before = len(got())
        killed = send_with_kills(newsroom, day, chance, most - kills, die)
        kills += killed
        time.sleep(0.1)  # a server may still be busy with what it was sent last
        status = [sys.executable, "-m", "digest", "status", f"{day.date()}-daily", "--json"]
        result = json.loads(
            subprocess.run(status, cwd=newsroom.path, capture_output=True, text=True, check=True).stdout
        )
        states = {person["email"]: person["state"] for person in result["recipients"]}
        by_kills = sum(person["detail"].startswith("the run stopped") for person in result["recipients"])
        mailed = Counter(got()[before:])
        detail = f"seed {seed}, {kills} kills, {day.date()}: {Counter(states.values())}"
        assert len(states) == READERS, detail
        assert [address for address, count in mailed.items() if count > 1] == [], detail
        assert {address for address, state in states.items() if state == "accepted"} <= set(mailed), detail
        assert set(states.values()) <= {"accepted", "in_doubt"}, detail
        assert by_kills <= killed * IN_FLIGHT[provider], detail
        doubts += sum(state == "in_doubt" for state in states.values())
        day += timedelta(days=1)
    figures = f"seed {seed}, {kills} kills, {(day - FIRST_DAY).days} editions, {doubts} in doubt"
    print(f"{provider} on {database}: {figures}")  # noqa: T201 - the figures are the point of the long form
