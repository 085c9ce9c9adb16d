"""The desk's pages and what its buttons do, over HTTP, for one person on this machine."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from digest import editorial
from digest.desk.newsdesk import Look, Newsdesk
from digest.drafts import Edited, Edits
from digest.errors import DigestError, DraftChangedError, UsageError
from digest.models import Segment
from digest.newsroom import drafts
from digest.newsroom.preview import Preview, sections_line
from digest.newsroom.run import Run
from digest.newsroom.trial import send_test

COOKIE = "digest_desk"
GMAIL_CLIPS = 102_400
"""Bytes of HTML past which Gmail clips a mail (hteumeuleu/email-bugs#41)."""

_HERE = Path(__file__).parent / "static"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; frame-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox allow-same-origin"
)
"""A mail runs nothing here, and goes nowhere; the desk may look into it, to lead to the place of a finding."""
_DARK = re.compile(r"\(prefers-color-scheme:\s*dark\)")

_CONFLICT, _UNPROCESSABLE = 409, 422


def application(desk: Newsdesk, token: str, hosts: tuple[str, ...]) -> Starlette:
    """The desk for whoever has the token, asked for by one of the hosts (`127.0.0.1:8642`) and no other name."""
    pages = _Pages(desk, token)
    return Starlette(
        routes=[
            Route("/", pages.page),
            Route("/stamp", pages.stamp),
            Route("/mail", pages.mail),
            Route("/readers", pages.readers),
            Route("/sources", pages.sources, methods=["POST"]),
            Route("/draft", pages.draft, methods=["POST"]),
            Route("/save", pages.save, methods=["POST"]),
            Route("/approve", pages.approve, methods=["POST"]),
            Route("/test", pages.test, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE)),
        ],
        middleware=[Middleware(_OnlyMe, token=token, hosts=hosts)],
        exception_handlers={DigestError: _told, msgspec.DecodeError: _told},
    )


class _OnlyMe(BaseHTTPMiddleware):
    """Lets in who has the token, and no page that another site made this browser ask for."""

    def __init__(self, app: Any, token: str, hosts: tuple[str, ...]) -> None:
        super().__init__(app)
        self._token = token
        self._hosts = hosts

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # A name that was made to point here (DNS rebinding) is not ours, nor is what another site's page sends.
        origin = request.headers.get("origin")
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("not the desk's address", 421)
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return PlainTextResponse("another site asks", 403)
        if request.url.path == "/" and "token" in request.query_params:
            if not secrets.compare_digest(request.query_params["token"].encode(), self._token.encode()):
                return PlainTextResponse("wrong token: `digest preview --serve` prints the right address", 403)
            answer: Response = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return answer
        if not secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), self._token.encode()):
            return PlainTextResponse("open the address that `digest preview --serve` prints", 403)
        answer = await call_next(request)
        answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer


async def _told(_request: Request, error: Exception) -> Response:
    """What went wrong, for the line that the desk shows it in."""
    status = _CONFLICT if isinstance(error, DraftChangedError) else _UNPROCESSABLE
    return JSONResponse({"error": str(error)}, status)


# --- what the browser sends -------------------------------------------------------------------------------------------


class _StoryForm(msgspec.Struct):
    id: str
    headline: str
    excerpt: str
    hide: bool


class _SectionForm(msgspec.Struct):
    name: str
    stories: list[_StoryForm]


class _DraftForm(msgspec.Struct):
    version: str
    subject: str
    preheader: str
    note: str
    lead: str
    sections: list[_SectionForm]


class _ApproveForm(msgspec.Struct):
    by: str
    version: str


class _TestForm(msgspec.Struct):
    to: str
    reader: str = ""
    segment: str = ""


class _MakeForm(msgspec.Struct):
    add: bool = False


@dataclass(frozen=True, slots=True)
class _Meter:
    """Bytes as sent against what Gmail shows."""

    size: int

    @property
    def share(self) -> int:
        return round(100 * self.size / GMAIL_CLIPS)


class _Pages:
    """Every answer of the desk. Plain functions run in threads, one at a time where they write."""

    def __init__(self, desk: Newsdesk, token: str) -> None:
        self._desk = desk
        self._token = token
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
        )
        self._templates.filters["identity"] = editorial.identify

    def page(self, request: Request) -> Response:
        """The desk."""
        reader, segment = request.query_params.get("reader", ""), request.query_params.get("segment", "")
        error = ""
        shown: Preview | None = None
        try:
            look, shown = self._desk.preview(reader, segment)
        except UsageError as problem:
            look, shown = self._desk.preview()
            error, reader = str(problem), ""
        except DigestError as problem:
            look, error = self._desk.look(), str(problem)
        return HTMLResponse(
            self._templates.get_template("desk.html").render(
                look=look,
                shown=shown if shown and shown.edition else None,
                error=look.error or error,
                reader=reader,
                segment=segment,
                cadence=self._desk.cadence,
                label=_label,
                everyone=Segment(),
                sections=sections_line(shown.edition) if shown and shown.edition else "",
                meter=_Meter(shown.size) if shown and shown.edition else None,
                limit=GMAIL_CLIPS,
                sender=look.config.delivery.sender.partition("<")[0].strip().strip('"') or look.config.publication.name,
                filed=_filed(look),
            )
        )

    def stamp(self, _request: Request) -> Response:
        """What changes whenever the page would."""
        return JSONResponse({"stamp": self._desk.look().stamp})

    def mail(self, request: Request) -> Response:
        """The mail alone, as a frame of the desk shows it; in its stead why there is none."""
        asked = request.query_params
        policy = _MAIL_POLICY.format(pictures="'none'" if asked.get("images") == "off" else "data: https: http:")
        headers = {"Content-Security-Policy": policy}
        try:
            _, shown = self._desk.preview(asked.get("reader", ""), asked.get("segment", ""))
        except DigestError as error:
            return PlainTextResponse(str(error), headers=headers)
        if shown.edition is None:
            return PlainTextResponse(shown.composition.no_news, headers=headers)
        if asked.get("part") in ("text", "source"):
            return PlainTextResponse(shown.text if asked["part"] == "text" else shown.html, headers=headers)
        html = _DARK.sub("all" if asked.get("scheme") == "dark" else "not all", shown.html)
        return HTMLResponse(html, headers=headers)

    def readers(self, request: Request) -> Response:
        """Readers that a search finds."""
        found = self._desk.search(request.query_params.get("q", ""))
        return JSONResponse([{"email": reader.email, "name": reader.name} for reader in found])

    def sources(self, _request: Request) -> Response:
        """Ask the sources again."""
        self._desk.read_sources()
        return JSONResponse({"said": "The sources were read again."})

    async def draft(self, request: Request) -> Response:
        """Make the draft, or add to it what has come since."""
        form = msgspec.json.decode(await request.body(), type=_MakeForm)
        look = self._desk.look()
        made = await run_in_threadpool(
            drafts.make, look.config, self._desk.cadence, look.composition.now, self._desk.day, add=form.add
        )
        return JSONResponse({"said": f"{made.file.name}: {made.note.partition(';')[0].rstrip(':')}"})

    async def save(self, request: Request) -> Response:
        """Write the editor's changes into the draft."""
        form = msgspec.json.decode(await request.body(), type=_DraftForm)
        look = self._desk.look()
        edits = Edits(
            subject=form.subject.strip(),
            preheader=form.preheader.strip(),
            note=form.note.replace("\r\n", "\n").strip(),
            lead=form.lead,
            sections=tuple(
                EditedSection(section.name, tuple(map(_edited, section.stories)), section.was)
                for section in form.sections
            ),
        )
        saved = await run_in_threadpool(drafts.save, look.config, look.edition, edits, form.version)
        return JSONResponse({"said": f"Saved in {saved.file.name}.", "version": saved.version})

    async def approve(self, request: Request) -> Response:
        """Approve the draft that the editor has before them, and no other."""
        form = msgspec.json.decode(await request.body(), type=_ApproveForm)
        look = self._desk.look()
        if not form.by.strip():
            raise UsageError("who approves it?", next_step="write your name beside the button")
        if look.draft is None or look.draft.version != form.version:
            raise DraftChangedError("the draft was changed since you read it", next_step="read it, then approve it")
        drafts.approve(look.config, self._desk.cadence, look.composition.now, form.by.strip(), self._desk.day)
        return JSONResponse({"said": f"Approved by {form.by.strip()}."})

    async def test(self, request: Request) -> Response:
        """Send a test of the edition as it is on disk."""
        form = msgspec.json.decode(await request.body(), type=_TestForm)
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", form.to.strip()):
            raise UsageError(f"`{form.to}` is no address", next_step="write it as you@example.com")
        look = self._desk.look()
        told: list[str] = []
        run = Run(
            config=look.config,
            cadence=self._desk.cadence,
            now=look.composition.now,
            clock=lambda: datetime.now(UTC),
            tell=lambda problem: told.append(str(problem)),
            progress=lambda _done, _all: None,
        )
        reader = form.reader or self._desk.reader_of(form.segment)
        report = await run_in_threadpool(send_test, run, [form.to.strip()], reader, self._desk.day)
        return JSONResponse({"said": str(report), "problems": told})


def _edited(story: _StoryForm) -> Edited:
    return Edited(story.id, _line(story.headline), _line(story.excerpt), story.hide)


def _line(text: str) -> str:
    return " ".join(text.split())


def _label(segment: Segment) -> str:
    """A segment in words: `Science + World, de`."""
    return ", ".join(filter(None, [" + ".join(segment.categories) or "Everything", segment.language]))


def _filed(look: Look) -> list[tuple[str, list[tuple[Any, bool]]]]:
    """The draft's sections, each story with whether it is hidden."""
    draft = look.draft
    if draft is None:
        return []
    return [
        (
            name,
            [
                (replace(story), editorial.identify(story) in draft.hides)
                for story in draft.articles
                if story.section == name
            ],
        )
        for name in draft.sections
    ]
