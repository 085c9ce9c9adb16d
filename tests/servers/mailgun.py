"""Mailgun's API, as its documentation and recorded answers describe it."""

import base64
import json
import re
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from tests.servers.api import Answer, Request, StandIn

MAX_BYTES = 25_000_000


@dataclass
class MailgunServer(StandIn):
    domain: str = "mg.example.com"
    state: str = "active"
    sending_key: bool = False
    """A key that may only send."""
    recipients_at_most: int = 1000
    invalid: set[str] = field(default_factory=set)
    """Addresses that it rejects as invalid."""

    def answer(self, request: Request) -> Answer:
        if request.headers["Authorization"] != "Basic " + base64.b64encode(f"api:{self.key}".encode()).decode():
            return 401, b"Forbidden"
        if request.path == f"/v4/domains/{self.domain}" and not self.sending_key:
            return 200, {"domain": {"name": self.domain, "state": self.state, "type": "custom"}}
        if request.path.startswith("/v4/domains/"):
            return (401, b"Forbidden") if self.sending_key else (404, {"message": "Domain not found"})
        if request.path != f"/v3/{self.domain}/messages":
            name = request.path.split("/")[2]
            return 404, {"message": f"Domain not found: {name}"}
        return self.send(request)

    def send(self, request: Request) -> Answer:
        if len(request.body) > MAX_BYTES:
            return 413, {"message": "Message is too large"}
        fields = parsed(request)
        one = {name: values[0] for name, values in fields.items()}
        self.requests.append(fields)
        for name in ("from", "to"):
            if name not in fields:
                return 400, {"message": f"'{name}' parameter is missing"}
            addresses = [parseaddr(value.decode())[1] for value in fields[name]]
            if any(address in self.invalid or not re.fullmatch(r"[^@\s]+@[^@\s]+", address) for address in addresses):
                return 400, {"message": f"'{name}' parameter is not a valid address. please check documentation"}
        if len(fields["to"]) > 1000:
            return 400, {"message": "Too many recipients, max is 1000"}
        if len(fields["to"]) > self.recipients_at_most:
            return 400, {"message": "Rejected: Only 10 recipients per request is allowed on probation."}
        variables = json.loads(one["recipient-variables"])
        assert set(variables) == set(addresses), "else everyone would see everyone"
        assert {one[f"o:tracking{kind}"] for kind in ("", "-clicks", "-opens")} == {b"no"}
        for to in fields["to"]:
            values = variables[parseaddr(to.decode())[1]]
            self.mails.append(_expanded(one, to.decode(), values, fields.get("inline", [])))
        return 200, {"id": one["h:Message-Id"].decode(), "message": "Queued. Thank you."}


def parsed(request: Request) -> dict[str, list[Any]]:
    """The fields of multipart/form-data; files are pairs of a name and the data."""
    boundary = request.headers.get_boundary()
    assert boundary, "it is multipart/form-data"
    fields: dict[str, list[Any]] = {}
    for part in request.body.split(f"--{boundary}".encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', head.decode()))
        data = value.removesuffix(b"\r\n")
        fields.setdefault(attributes["name"], []).append(
            (attributes["filename"], data) if "filename" in attributes else data
        )
    return fields


def _expanded(one: dict[str, bytes], to: str, values: dict[str, str], inline: list[Any]) -> dict[str, Any]:
    known = {f"recipient.{name}": value for name, value in values.items()}
    known |= {"recipient": to, "unsubscribe_url": "https://mailgun.example/unsubscribe"}

    def filled(text: bytes) -> str:
        return re.sub(r"%([\w.]+)%", lambda match: known.get(match[1], match[0]), text.decode())

    return {
        "to": parseaddr(to)[1],
        "To": to,
        "From": one["from"].decode(),
        **{part: filled(one[part]) for part in ("subject", "html", "text")},
        "headers": {name[2:]: filled(value) for name, value in one.items() if name.startswith("h:")},
        "variables": {name[2:]: filled(value) for name, value in one.items() if name.startswith("v:")},
        "pictures": dict(inline),
    }
