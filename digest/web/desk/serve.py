"""Serves the desk on this machine until it is closed."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from digest.errors import UsageError
from digest.web.desk.app import create_app
from digest.web.desk.session import EditorSession

HOST = "127.0.0.1"


def serve(session: EditorSession, port: int, on_open: Callable[[str], None]) -> None:
    """Serve the desk on loopback until SIGINT or SIGTERM.

    Args:
        session: The edition that is open.
        port: The TCP port; 0 for any that is free.
        on_open: Called with the address, including the token, once the desk accepts connections.

    Raises:
        UsageError: the port is in use.
    """
    token = secrets.token_urlsafe(24)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            message = f"port {port} is not available: {error.strerror}"
            raise UsageError(message, location="--port", hint="choose another, or 0 for any free port") from None
        listener.listen()
        port = listener.getsockname()[1]
        app = create_app(session, token, (f"{HOST}:{port}", f"localhost:{port}"))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        on_open(f"http://{HOST}:{port}/?token={token}")
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return
