"""A web server on loopback with the pages a test puts on it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers.http import Handler, http_server


@dataclass
class WebServer:
    """Answers by path: a status, headers and a body; `slow` paths wait this many seconds before each part of the body."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    down: bool = False
    """Hang up on every request without an answer."""

    def page(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
        return self.url + path


@contextmanager
def serve_web() -> Iterator[WebServer]:
    web = WebServer()

    class WebHandler(Handler):
        def respond(self) -> None:
            if web.down:
                return
            web.requested.append(self.path)
            web.agents.append(self.headers["User-Agent"])
            status, headers, body = web.pages.get(self.path, (404, {}, b"not here"))
            time.sleep(web.slow.get(self.path, 0))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for start in range(0, len(body), 100_000):
                    self.wfile.write(body[start : start + 100_000])
                    time.sleep(web.slow.get(self.path, 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client stopped reading, which is what some tests are about

    with http_server(WebHandler) as web.url:
        yield web
