"""Amazon SES, API v2, as its service description and recorded answers define it."""

import base64
import json
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from tests.servers.api import Answer, Request, StandIn


def error(status: int, code: str, message: str) -> Answer:
    return status, {"message": message}, {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/"}


@dataclass
class SesServer(StandIn):
    verified: set[str] = field(default_factory=lambda: {"example.com"})
    account: dict[str, Any] = field(
        default_factory=lambda: {
            "SendingEnabled": True,
            "ProductionAccessEnabled": True,
            "EnforcementStatus": "HEALTHY",
        }
    )
    sets: dict[str, list[str]] = field(default_factory=dict)
    """The events that each configuration set publishes."""
    refuse: dict[str, Answer] = field(default_factory=dict)
    """The answer to a mail, by the recipient's address."""

    def answer(self, request: Request) -> Answer:
        scope = request.headers["Authorization"].partition("Credential=")[2].partition(",")[0].split("/")
        assert scope[2:] == ["eu-west-1", "ses", "aws4_request"]
        if scope[0] != self.key:
            return error(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        if request.path == "/v2/email/account":
            return 200, self.account
        if request.path.endswith("/event-destinations"):
            name = request.path.split("/")[-2]
            if name not in self.sets:
                return error(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
            destination = {"Name": "all", "Enabled": True, "MatchingEventTypes": self.sets[name]}
            return 200, {"EventDestinations": [destination]}
        assert request.path == "/v2/email/outbound-emails"
        return self.send(json.loads(request.body))

    def send(self, content: dict[str, Any]) -> Answer:
        self.requests.append(content)
        (to,) = content["Destination"]["ToAddresses"]
        if answer := self.refuse.get(to):
            return answer
        mail = message_from_bytes(base64.b64decode(content["Content"]["Raw"]["Data"]), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        sender = parseaddr(mail["From"])[1]
        if sender.rpartition("@")[2] not in self.verified:
            words = "Email address is not verified. The following identities failed the check in region EU-WEST-1: "
            return error(400, "MessageRejected", words + sender)
        if (name := content.get("ConfigurationSetName")) and name not in self.sets:
            return error(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
        self.mails.append(
            {
                "to": to,
                "To": mail["To"],
                "subject": mail["Subject"],
                "text": _content(mail, "plain"),
                "html": _content(mail, "html"),
                "headers": dict(mail.items()),
                "tags": content["EmailTags"],
                "pictures": {
                    part["Content-ID"].strip("<>"): part.get_content() for part in mail.walk() if part["Content-ID"]
                },
            }
        )
        return 200, {"MessageId": f"0100019a-{len(self.mails):06}-000000"}


def _content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part
    return str(part.get_content()).replace("\r\n", "\n")
