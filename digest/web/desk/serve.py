"""Open the desk on this machine and keep it open until it is closed."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from digest.errors import UsageError
from digest.web.desk.app import application
from digest.web.desk.newsdesk import Newsdesk

HOST = "127.0.0.1"


def serve(desk: Newsdesk, port: int, opened: Callable[[str], None]) -> None:
    """Serve the desk on loopback until SIGINT or SIGTERM; `opened` is told its address, token and all, once it is up.

    Raises:
        UsageError: the port is taken.
    """
    token = secrets.token_urlsafe(24)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be had: {error.strerror}", location="--port", hint="name another, or 0 for any"
            ) from None
        listener.listen()
        port = listener.getsockname()[1]
        hosts = (f"{HOST}:{port}", f"localhost:{port}")
        server = uvicorn.Server(
            uvicorn.Config(application(desk, token, hosts), log_level="warning", access_log=False, lifespan="off")
        )
        opened(f"http://{HOST}:{port}/?token={token}")
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return
