"""The base of the providers' APIs on loopback: records requests, answers them, and fails as networks do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, TypeVar

from tests.servers.http import Handler, http_server

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
"""A status, a body (bytes, None for an empty one, else what becomes JSON), and headers if any.

Status 0 hangs up, -1 never answers."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class StandIn:
    """An API; each provider's subclass implements `answer`."""

    url: str = ""
    key: str = "good"
    requests: list[Any] = field(default_factory=list)
    """The requests to send, parsed."""
    mails: list[dict[str, Any]] = field(default_factory=list)
    """What was sent."""
    answers: list[Answer | None] = field(default_factory=list)
    """Answers to the next requests, which then have no effect; None answers as usual."""
    lose: int = 0
    """How many of the next requests take effect although their answer is lost on the way."""
    connections: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def answered(self, request: Request) -> Answer:
        if self.answers and (prepared := self.answers.pop(0)) is not None:
            return prepared
        answer = self.answer(request)
        if self.lose:
            self.lose -= 1
            return 0, None
        return answer


S = TypeVar("S", bound=StandIn)


@contextmanager
def serving(stand_in: S) -> Iterator[S]:
    class ApiHandler(Handler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            stand_in.connections += 1

        def respond(self) -> None:
            self.give(*stand_in.answered(Request(self.command, self.path, self.headers, self.read_body())))

        def give(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
            if status < 0:
                stand_in.release.wait(10)
            if status <= 0:
                self.hang_up()
                return
            data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = "text/html" if isinstance(body, bytes) else "application/json"
            self.reply(status, data, {"Content-Type": kind, **(headers or {})})

    with http_server(ApiHandler) as stand_in.url:
        try:
            yield stand_in
        finally:
            stand_in.release.set()
