"""Serving the desk: a port that is in use is an error that says so."""

import socket

import pytest

from digest.errors import UsageError
from digest.web.desk.serve import HOST, serve
from digest.web.desk.session import EditorSession


def test_a_port_in_use_is_a_usage_error(session: EditorSession) -> None:
    opened: list[str] = []
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is not available") as error:
            serve(session, port, opened.append)
    assert (error.value.location, error.value.hint) == ("--port", "choose another, or 0 for any free port")
    assert opened == []
