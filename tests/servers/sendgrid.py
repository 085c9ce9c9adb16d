"""SendGrid's v3 mail/send API on loopback."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from tests.servers.api import Answer
from tests.servers.http import Handler, http_server

SCHEMA = json.loads(Path(__file__).with_name("sendgrid_mail_send.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@dataclass
class SendGridServer:
    """Validates each request against the schema of the API, and expands it into mails as SendGrid does."""

    url: str = ""
    key: str = "SG.good"
    requests: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Answer | None] = field(default_factory=list)
    """Answers to the next requests, which then have no effect; None answers as usual."""
    respond: Callable[[dict[str, Any]], Answer | None] = lambda _request: None
    mood: Callable[[], str] = lambda: ""
    """What happens to the next valid request: `take and hang`, `take and hang up`, `take and babble`, `hang`, `lose` or
    the number of an error; empty to accept it."""
    scopes: list[str] = field(default_factory=lambda: ["mail.send"])
    release: threading.Event = field(default_factory=threading.Event)
    dead: bool = False
    """Hang up on every connection."""

    def die(self, seconds: float) -> None:
        """Hang up on every connection for so many seconds."""
        self.dead = True
        time.sleep(seconds)
        self.dead = False

    def answer(self, request: dict[str, Any], authorization: str) -> Answer:
        self.requests.append(request)
        if self.answers and (prepared := self.answers.pop(0)) is not None:
            return prepared
        if authorization != f"Bearer {self.key}":
            return 401, _errors("The provided authorization grant is invalid, expired, or revoked")
        if error := next(VALIDATOR.iter_errors(request), None):
            return 400, _errors(f"{error.json_path}: {error.message}")
        if answer := self.respond(request):
            return answer
        return self._take(request, self.mood())

    def _take(self, request: dict[str, Any], mood: str) -> Answer:
        if mood in ("lose", "hang"):
            return 0 if mood == "lose" else -1, None
        if mood.isdigit():
            return int(mood), None
        for personalization in request["personalizations"]:
            self.mails.append(_expanded(request, personalization))
        answers: dict[str, Answer] = {
            "take and hang up": (0, None),
            "take and hang": (-1, None),
            "take and babble": (204, b"what?"),
        }
        return answers.get(mood, (202, None))


def _errors(message: str, field_name: str | None = None) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": field_name, "help": None}]}


def _expanded(request: dict[str, Any], personalization: dict[str, Any]) -> dict[str, Any]:
    def substituted(text: str) -> str:
        for tag, value in personalization["substitutions"].items():
            text = text.replace(tag, value)
        return text

    assert len(personalization["to"]) == 1
    assert len(json.dumps(personalization["substitutions"]).encode()) <= 10_000
    return {
        "to": personalization["to"][0]["email"],
        "subject": substituted(request["subject"]),
        "headers": {**request.get("headers", {}), **personalization.get("headers", {})},
        "custom_args": personalization["custom_args"],
        "attachments": [base64.b64decode(item["content"]) for item in request.get("attachments", [])],
        **{part["type"]: substituted(part["value"]) for part in request["content"]},
    }


@contextmanager
def serve_sendgrid() -> Iterator[SendGridServer]:
    api = SendGridServer()

    class SendGridHandler(Handler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            authorization = self.headers["Authorization"]
            if self.command == "GET":
                good = authorization == f"Bearer {api.key}"
                self.give(*((200, {"scopes": api.scopes}) if good else (401, _errors("access denied"))))
                return
            body = json.loads(self.read_body())
            assert self.path == "/v3/mail/send"
            self.give(*((0, None) if api.dead else api.answer(body, authorization)))

        def give(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
            if status < 0:
                api.release.wait(10)
            if status <= 0:
                self.hang_up()
                return
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.reply(status, data, {"X-Message-Id": "stand-in", **(headers or {})})

    with http_server(SendGridHandler) as api.url:
        try:
            yield api
        finally:
            api.release.set()
