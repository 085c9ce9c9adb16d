"""Postmark's API, as its documentation and recorded answers describe it."""

import base64
import json
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from tests.servers.api import Answer, Request, StandIn

MAX_BYTES = 50_000_000
FIELDS = {
    *("From", "To", "Cc", "Bcc", "Subject", "Tag", "HtmlBody", "TextBody", "ReplyTo", "Headers", "TrackOpens"),
    *("TrackLinks", "Metadata", "Attachments", "MessageStream"),
}
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: {}.\n"
    "Inactive recipients are ones that have generated a hard bounce, a spam complaint, or a manual suppression."
)


@dataclass
class PostmarkServer(StandIn):
    streams: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "broadcast": {"ID": "broadcast", "MessageStreamType": "Broadcasts", "ArchivedAt": None}
        }
    )
    senders: set[str] = field(default_factory=lambda: {"news@example.com"})
    track_opens: bool = False
    inactive: set[str] = field(default_factory=set)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers to mails, by the recipient's address."""

    def answer(self, request: Request) -> Answer:
        if request.headers["X-Postmark-Server-Token"] != self.key:
            return 401, {"ErrorCode": 10, "Message": "The Server Token you provided in the header is not valid."}
        if request.headers["Accept"] != "application/json":
            return 415, {"ErrorCode": 409, "Message": "JSON required"}
        if request.path == "/server":
            return 200, {"ID": 1, "Name": "Gazette", "TrackOpens": self.track_opens, "TrackLinks": "None"}
        if request.path.startswith("/message-streams/"):
            stream = self.streams.get(request.path.rpartition("/")[2])
            missing = {"ErrorCode": 1226, "Message": "The message stream for the provided 'ID' was not found."}
            return (200, stream) if stream else (422, missing)
        assert request.path == "/email/batch"
        return self.batch(request)

    def batch(self, request: Request) -> Answer:
        if len(request.body) > MAX_BYTES:
            return 413, {"ErrorCode": 0, "Message": "Payload too large"}
        assert request.headers["Content-Type"] == "application/json"
        mails = json.loads(request.body)
        self.requests.append(mails)
        if len(mails) > 500:
            return 422, {"ErrorCode": 410, "Message": "Too many batch messages"}
        return 200, [self.item(mail) for mail in mails]

    def item(self, mail: dict[str, Any]) -> dict[str, Any]:
        assert set(mail) <= FIELDS
        assert all(len(name) <= 20 and len(value) <= 80 for name, value in mail["Metadata"].items())
        assert mail["TrackOpens"] is False
        assert mail["TrackLinks"] == "None"
        to = parseaddr(mail["To"])[1]
        if item := self.items.get(to):
            return item
        if parseaddr(mail["From"])[1] not in self.senders:
            return {"ErrorCode": 400, "Message": "The 'From' address you supplied is not a Sender Signature."}
        if mail["MessageStream"] not in self.streams:
            return {"ErrorCode": 1235, "Message": "The 'MessageStream' provided does not exist on this server."}
        if to in self.inactive:
            return {"ErrorCode": 406, "Message": INACTIVE.format(to.lower())}
        self.mails.append(
            {
                **mail,
                "to": to,
                "subject": mail["Subject"],
                "html": mail["HtmlBody"],
                "text": mail["TextBody"],
                "headers": {header["Name"]: header["Value"] for header in mail["Headers"]},
                "pictures": {
                    item["ContentID"].removeprefix("cid:"): base64.b64decode(item["Content"], validate=True)
                    for item in mail.get("Attachments", [])
                },
            }
        )
        return {
            "To": mail["To"],
            "SubmittedAt": "2026-11-23T07:00:00.0000000Z",
            "MessageID": f"0a129aee-e1cd-480d-b08d-{len(self.mails):012}",
            "ErrorCode": 0,
            "Message": "OK",
        }
