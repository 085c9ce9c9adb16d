"""Resend's API, as its documentation and OpenAPI description define it."""

import base64
import json
import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from tests.servers.api import Answer, Request, StandIn

FIELDS = {"from", "to", "subject", "html", "text", "headers", "tags", "reply_to", "attachments"}
INVALID_TO = (
    "Invalid `to` field. The email address needs to follow the `email@example.com` "
    "or `Name <email@example.com>` format."
)


def error(status: int, name: str, message: str) -> Answer:
    return status, {"statusCode": status, "name": name, "message": message}


def too_fast() -> Answer:
    words = "Too many requests. You can only make 5 requests per second. See rate limit response headers."
    headers = {"ratelimit-limit": "5", "ratelimit-remaining": "0", "ratelimit-reset": "1", "retry-after": "1"}
    return 429, {"statusCode": 429, "name": "rate_limit_exceeded", "message": words}, headers


@dataclass
class ResendServer(StandIn):
    domains: list[dict[str, Any]] = field(default_factory=lambda: [{"name": "example.com", "status": "verified"}])
    sending_key: bool = False
    """A key that may only send."""
    invalid: set[str] = field(default_factory=set)
    """Addresses that it rejects as invalid."""
    permissive: bool = True
    known: dict[str, tuple[bytes, Answer]] = field(default_factory=dict)
    """The request and the answer for each Idempotency-Key."""

    def answer(self, request: Request) -> Answer:
        if request.headers["Authorization"] != f"Bearer {self.key}":
            return error(403, "invalid_api_key", "API key is invalid")
        if not request.headers["User-Agent"]:
            return 403, b"error code: 1010"
        if request.path == "/domains":
            if self.sending_key:
                return error(401, "restricted_api_key", "This API key is restricted to only send emails")
            return 200, {"object": "list", "has_more": False, "data": self.domains}
        key = request.headers["Idempotency-Key"]
        assert 1 <= len(key) <= 256
        if key in self.known:
            body, known = self.known[key]
            words = "This idempotency key has been used, but the request body was modified."
            return known if body == request.body else error(409, "invalid_idempotent_request", words)
        answer = self.send(request)
        if answer[0] == 200:
            self.known[key] = request.body, answer
        return answer

    def send(self, request: Request) -> Answer:
        mails = json.loads(request.body)
        self.requests.append(mails)
        if request.path == "/emails":
            if why := self.refused(mails):
                return error(422, "validation_error", why)
            return 200, {"id": self.taken(mails)}
        assert request.path == "/emails/batch"
        if len(mails) > 100 or any("attachments" in mail for mail in mails):
            return error(422, "validation_error", "The batch holds what it may not")
        why_not = {place: why for place, mail in enumerate(mails) if (why := self.refused(mail))}
        permissive = self.permissive and request.headers["x-batch-validation"] == "permissive"
        if why_not and not permissive:
            return error(422, "validation_error", next(iter(why_not.values())))
        result: dict[str, Any] = {
            "data": [{"id": self.taken(mail)} for place, mail in enumerate(mails) if place not in why_not]
        }
        if why_not:
            result["errors"] = [{"index": place, "message": why} for place, why in why_not.items()]
        return 200, result

    def refused(self, mail: dict[str, Any]) -> str:
        assert set(mail) <= FIELDS
        assert all(re.fullmatch(r"[\w-]{1,256}", text, re.ASCII) for tag in mail["tags"] for text in tag.values())
        assert not {"message-id", "from", "to", "date"} & {name.lower() for name in mail["headers"]}
        return INVALID_TO if parseaddr(mail["to"][0])[1] in self.invalid else ""

    def taken(self, mail: dict[str, Any]) -> str:
        pictures = {
            item["content_id"]: base64.b64decode(item["content"], validate=True) for item in mail.get("attachments", [])
        }
        self.mails.append({**mail, "to": parseaddr(mail["to"][0])[1], "To": mail["to"][0], "pictures": pictures})
        return f"ae2014de-c168-4c61-8267-{len(self.mails):012}"
