"""SendGrid's v3 mail/send API on loopback."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from tests.servers.api import Answer, Request, StandIn

SCHEMA = json.loads(Path(__file__).with_name("sendgrid_mail_send.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


@dataclass
class SendGridServer(StandIn):
    """Validates each request against the schema of the API, and expands it into mails as SendGrid does."""

    key: str = "SG.good"
    respond: Callable[[dict[str, Any]], Answer | None] = lambda _request: None
    mood: Callable[[], str] = lambda: ""
    """What happens to the next valid request: `take and hang`, `take and hang up`, `take and babble`, `hang`, `lose` or
    the number of an error; empty to accept it."""
    scopes: list[str] = field(default_factory=lambda: ["mail.send"])
    dead: bool = False
    """Hang up on every request to send."""

    def die(self, seconds: float) -> None:
        """Hang up on every request to send for this many seconds."""
        self.dead = True
        time.sleep(seconds)
        self.dead = False

    def answered(self, request: Request) -> Answer:
        return (0, None) if self.dead and request.method == "POST" else super().answered(request)

    def answer(self, request: Request) -> Answer:
        is_authorized = request.headers["Authorization"] == f"Bearer {self.key}"
        if request.method == "GET":
            assert request.path == "/v3/scopes"
            return (200, {"scopes": self.scopes}) if is_authorized else (401, _errors("access denied"))
        assert request.path == "/v3/mail/send"
        body = json.loads(request.body)
        self.requests.append(body)
        if not is_authorized:
            return 401, _errors("The provided authorization grant is invalid, expired, or revoked")
        if error := next(VALIDATOR.iter_errors(body), None):
            return 400, _errors(f"{error.json_path}: {error.message}")
        if answer := self.respond(body):
            return answer
        return self._take(body, self.mood())

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
        return answers.get(mood, (202, None, {"X-Message-Id": "stand-in"}))


def _errors(message: str, field_name: str | None = None) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": field_name, "help": None}]}


def _expanded(request: dict[str, Any], personalization: dict[str, Any]) -> dict[str, Any]:
    def substituted(text: str) -> str:
        for tag, value in personalization["substitutions"].items():
            text = text.replace(tag, value)
        return text

    (to,) = personalization["to"]
    assert len(json.dumps(personalization["substitutions"]).encode()) <= 10_000
    texts = {part["type"]: substituted(part["value"]) for part in request["content"]}
    return {
        "to": to["email"],
        "To": to.get("name", ""),
        "subject": substituted(request["subject"]),
        "text": texts["text/plain"],
        "html": texts["text/html"],
        "headers": {**request.get("headers", {}), **personalization.get("headers", {})},
        "custom_args": personalization["custom_args"],
        "pictures": {
            item["content_id"]: base64.b64decode(item["content"], validate=True)
            for item in request.get("attachments", [])
        },
    }
