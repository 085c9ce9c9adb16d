"""The desk's routes: each reads its input, calls one service and returns the response."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from digest.errors import DigestError, DraftChangedError
from digest.web.desk import frame
from digest.web.desk.access import AccessControl
from digest.web.desk.actions import Actions
from digest.web.desk.error_text import describe
from digest.web.desk.forms import ApproveForm, DraftForm, EmptyForm, MakeForm, TestForm
from digest.web.desk.page import render_page
from digest.web.desk.session import EditorSession
from digest.web.desk.unsaved_edits import UnsavedEdits

_CONFLICT, _UNPROCESSABLE = 409, 422

Form = TypeVar("Form")


def create_app(session: EditorSession, token: str, hosts: tuple[str, ...]) -> Starlette:
    """Create the desk for holders of the token who reach it under one of the hosts (`127.0.0.1:8642`)."""
    unsaved = UnsavedEdits()
    views, actions = _Views(session, unsaved), Actions(session, unsaved)
    return Starlette(
        routes=[
            Route("/", views.page),
            Route("/revision", views.revision),
            Route("/mail", views.mail),
            Route("/readers", views.readers),
            Route("/edits", _endpoint(DraftForm, actions.preview_edits), methods=["POST"]),
            Route("/sources", _endpoint(EmptyForm, actions.refresh_sources), methods=["POST"]),
            Route("/draft", _endpoint(MakeForm, actions.make_draft), methods=["POST"]),
            Route("/save", _endpoint(DraftForm, actions.save), methods=["POST"]),
            Route("/approve", _endpoint(ApproveForm, actions.approve), methods=["POST"]),
            Route("/test", _endpoint(TestForm, actions.send_test), methods=["POST"]),
            Mount("/static", _StaticFiles(directory=Path(__file__).parent / "static")),
        ],
        middleware=[Middleware(AccessControl, token=token, hosts=hosts)],
        exception_handlers=dict.fromkeys((DigestError, msgspec.DecodeError, UnicodeDecodeError), _report_error),
    )


def _endpoint(form: type[Form], action: Callable[[Form], msgspec.Struct]) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads a form from JSON and runs the action in a thread: it blocks no other request."""

    async def endpoint(request: Request) -> Response:
        result = await run_in_threadpool(action, msgspec.json.decode(await request.body(), type=form))
        return Response(msgspec.json.encode(result), media_type="application/json")

    return endpoint


async def _report_error(_request: Request, error: Exception) -> Response:
    """Answer with the error for the page's message line; 409 tells the page to merge, and to save again."""
    status = _CONFLICT if isinstance(error, DraftChangedError) else _UNPROCESSABLE
    return JSONResponse({"error": describe(error)}, status)


class _StaticFiles(StaticFiles):
    """The page's own files, with JavaScript's media type whatever this machine's list of types says.

    A browser runs a module only if it has a JavaScript type (HTML Living Standard, "fetch a single module script").
    """

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if Path(full_path).suffix == ".js":
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response


class _Views:
    """The routes that only show something. They are plain functions, so Starlette runs them in threads."""

    def __init__(self, session: EditorSession, unsaved: UnsavedEdits) -> None:
        self._session = session
        self._unsaved = unsaved

    def page(self, request: Request) -> Response:
        """Return the desk's page."""
        query = request.query_params
        edits = self._unsaved.get(query.get("edits", ""), self._session.state().edition)
        return HTMLResponse(render_page(self._session, query.get("reader", ""), query.get("segment", ""), edits))

    def revision(self, _request: Request) -> Response:
        """Return an id that changes whenever the page would."""
        return JSONResponse({"revision": self._session.state().revision})

    def mail(self, request: Request) -> Response:
        """Return the email alone, for a frame of the page; if there is none, the reason in plain text."""
        query = request.query_params
        headers = {"Content-Security-Policy": frame.policy(with_images=query.get("images") != "off")}
        edits = self._unsaved.get(query.get("edits", ""), self._session.state().edition)
        try:
            _, preview = self._session.preview(query.get("reader", ""), query.get("segment", ""), edits)
            body, media_type = frame.render_frame(preview, part=query.get("part", ""), scheme=query.get("scheme", ""))
        except DigestError as error:
            return PlainTextResponse(describe(error), headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    def readers(self, request: Request) -> Response:
        """Return the readers that a search finds."""
        found = self._session.state().readers.search(request.query_params.get("q", ""))
        return JSONResponse([{"email": reader.email, "name": reader.name} for reader in found])
