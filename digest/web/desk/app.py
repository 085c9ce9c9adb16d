"""The desk's pages and what its buttons do, over HTTP, for one person on this machine."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

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
from starlette.types import Scope

from digest import editorial
from digest.core.inbox import PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.drafts import Edits
from digest.editions import approve as approvals
from digest.editions import draft as drafting
from digest.errors import DigestError, DraftChangedError, DraftError, UsageError
from digest.inspection.preview import Preview, describe_sections
from digest.lint import CLIPPED_BY_GMAIL
from digest.models import Article, Cadence, Outcome, Segment
from digest.sending.dry_run import send_test
from digest.sending.send_run import SendRun
from digest.web.desk.forms import ApproveForm, DraftForm, MakeForm, NoForm, TestForm
from digest.web.desk.newsdesk import Look, Newsdesk

_TRIED = 8
"""Edits that were tried on and are kept: of one page those it shows and those it is about to."""

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

F = TypeVar("F")


def application(desk: Newsdesk, token: str, hosts: tuple[str, ...]) -> Starlette:
    """The desk for whoever has the token, asked for by one of the hosts (`127.0.0.1:8642`) and no other name."""
    pages = _Pages(desk)
    return Starlette(
        routes=[
            Route("/", pages.page),
            Route("/stamp", pages.stamp),
            Route("/mail", pages.mail),
            Route("/readers", pages.readers),
            Route("/try", _posted(DraftForm, pages.try_on), methods=["POST"]),
            Route("/sources", _posted(NoForm, pages.sources), methods=["POST"]),
            Route("/draft", _posted(MakeForm, pages.draft), methods=["POST"]),
            Route("/save", _posted(DraftForm, pages.save), methods=["POST"]),
            Route("/approve", _posted(ApproveForm, pages.approve), methods=["POST"]),
            Route("/test", _posted(TestForm, pages.test), methods=["POST"]),
            Mount("/static", _StaticFiles(directory=_HERE)),
        ],
        middleware=[Middleware(_OnlyMe, token=token, hosts=hosts)],
        exception_handlers={DigestError: _told, msgspec.DecodeError: _told, UnicodeDecodeError: _told},
    )


class _StaticFiles(StaticFiles):
    """The page's own files, with JavaScript named as such whatever the machine's list of types calls it.

    A browser runs a module only under a JavaScript type (HTML Living Standard, "fetch a single module script").
    """

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        if Path(full_path).suffix == ".js":
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response


class _OnlyMe(BaseHTTPMiddleware):
    """Lets in who has the token, and no page that another site made this browser ask for."""

    def __init__(self, app: Any, token: str, hosts: tuple[str, ...]) -> None:
        super().__init__(app)
        self._token = token
        self._hosts = hosts
        # Cookies know no ports: two desks in one browser must not take each other's.
        self._cookie = f"digest_desk_{hosts[0].rpartition(':')[2]}"

    async def dispatch(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        # A name that was made to point here (DNS rebinding) is not ours, nor is what another site's page sends.
        origin = request.headers.get("origin")
        if request.headers.get("host") not in self._hosts:
            return PlainTextResponse("not the desk's address", 421)
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return PlainTextResponse("another site asks", 403)
        if request.url.path == "/" and "token" in request.query_params:
            if not self._is_token(request.query_params["token"]):
                return PlainTextResponse("wrong token: `digest preview --serve` prints the right address", 403)
            answer: Response = RedirectResponse("/", 303)
            answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return answer
        if not self._is_token(request.cookies.get(self._cookie, "")):
            return PlainTextResponse("open the address that `digest preview --serve` prints", 403)
        answer = await call_next(request)
        answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _is_token(self, told: str) -> bool:
        return secrets.compare_digest(told.encode(), self._token.encode())


def _posted(form: type[F], do: Callable[[F], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that takes a form as JSON and does something about it, in a thread: others are served meanwhile."""

    async def endpoint(request: Request) -> Response:
        told = msgspec.json.decode(await request.body(), type=form)
        return JSONResponse(await run_in_threadpool(do, told))

    return endpoint


async def _told(_request: Request, error: Exception) -> Response:
    """What went wrong, for the line that the desk shows it in."""
    status = _CONFLICT if isinstance(error, DraftChangedError) else _UNPROCESSABLE
    return JSONResponse({"error": _in_words(error)}, status)


def _in_words(error: Exception) -> str:
    """An error for somebody who sees the page and no terminal: the file by its name, and no command to type."""
    if not isinstance(error, DigestError):
        return str(error)
    name = re.sub(r"^.*[/\\]", "", error.location)
    step = "" if "`digest " in error.hint else error.hint
    return ": ".join(filter(None, [name, error.message])) + (f"; {step}" if step else "")


# --- the answers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Story:
    """A story of the draft as the page lists it."""

    id: str
    article: Article
    hidden: bool
    leads: bool
    """It is the lead of the email as it is, chosen or not."""


class _Pages:
    """Every answer of the desk. They are plain functions, run in threads."""

    def __init__(self, desk: Newsdesk) -> None:
        self._desk = desk
        self._tried: dict[str, tuple[str, Edits]] = {}
        """The latest edits that were tried on, by a name of their own: a page's last few."""
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
        )

    def page(self, request: Request) -> Response:
        """The desk."""
        reader, segment = request.query_params.get("reader", ""), request.query_params.get("segment", "")
        edits = self._edits(request.query_params.get("trial", ""))
        error = ""
        shown: Preview | None = None
        try:
            look, shown = self._desk.preview(reader, segment, edits)
        except UsageError as problem:
            look, shown = self._desk.preview()
            error, reader = _in_words(problem), ""
        except DigestError as problem:
            look, error = self._desk.look(), _in_words(problem)
        none = None if shown is None or shown.edition else shown.composition.no_news_reason
        return HTMLResponse(
            self._templates.get_template("desk.html").render(
                look=look,
                shown=shown if shown and shown.edition else None,
                none=none,
                error=look.error or error,
                reader=reader,
                segment=segment,
                cadence=self._desk.cadence,
                label=partial(_label, names=_names(look)),
                everyone=Segment(),
                sections=describe_sections(shown.edition) if shown and shown.edition else "",
                limit=CLIPPED_BY_GMAIL,
                sender=look.config.delivery.sender.partition("<")[0].strip().strip('"') or look.config.publication.name,
                filed=_filed(look),
                approval=_approval(look, self._desk.cadence),
                lengths={"subject": SUBJECT_LENGTH, "preheader": PREHEADER_LENGTH},
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
            edits = self._edits(asked.get("trial", ""))
            _, shown = self._desk.preview(asked.get("reader", ""), asked.get("segment", ""), edits)
        except DigestError as error:
            return PlainTextResponse(_in_words(error), headers=headers)
        if shown.edition is None:
            return PlainTextResponse(shown.composition.no_news_reason, headers=headers)
        if asked.get("part") in ("text", "source"):
            return PlainTextResponse(shown.text if asked["part"] == "text" else shown.html, headers=headers)
        html = _DARK.sub("all" if asked.get("scheme") == "dark" else "not all", shown.html)
        return HTMLResponse(html, headers=headers)

    def readers(self, request: Request) -> Response:
        """Readers that a search finds."""
        found = self._desk.search(request.query_params.get("q", ""))
        return JSONResponse([{"email": reader.email, "name": reader.name} for reader in found])

    def try_on(self, form: DraftForm) -> dict[str, Any]:
        """Show what an editor is just writing; nothing is written. The name to ask for the mail by."""
        edits = form.edits()
        self._desk.require_same(form.edition)
        self._desk.preview(form.reader, form.segment, edits)  # told here, where the editor is, if it cannot be
        name = sha256(repr(edits).encode("utf-8", "replace")).hexdigest()[:16]
        self._tried[name] = (form.edition, edits)
        while len(self._tried) > _TRIED:
            del self._tried[next(iter(self._tried))]
        return {"trial": name}

    def _edits(self, trial: str) -> Edits | None:
        edition, edits = self._tried.get(trial, ("", None))
        return edits if edition == self._desk.look().edition else None

    def sources(self, _form: NoForm) -> dict[str, Any]:
        """Ask the sources again."""
        self._desk.read_sources()
        return {"said": "The sources were read again."}

    def draft(self, form: MakeForm) -> dict[str, Any]:
        """Make the draft, or add to it what has come since."""
        look = self._desk.require_same(form.edition)
        made = drafting.make_draft(look.config, self._desk.cadence, self._now(look), self._desk.day, add=form.add)
        if not made.file.exists():
            raise DraftError(made.note)
        return {"said": f"{made.file.name}: {made.note.partition(';')[0].rstrip(':')}."}

    def save(self, form: DraftForm) -> dict[str, Any]:
        """Write the editor's changes into the draft they are of, though another day has begun since."""
        if not re.fullmatch(rf"\d{{4}}-\d\d-\d\d-{self._desk.cadence}", form.edition):
            raise UsageError(f"{form.edition} is no edition of this desk")
        saved = drafting.save_draft(self._desk.look().config, form.edition, form.edits(), form.version)
        return {"said": f"Saved in {saved.file.name}.", "version": saved.revision}

    def approve(self, form: ApproveForm) -> dict[str, Any]:
        """Approve the draft that the editor has before them, and no other."""
        look = self._desk.require_same(form.edition)
        if not form.by.strip():
            raise UsageError("nobody has approved it yet", hint="write your name beside the button")
        now, by = self._now(look), form.by.strip()
        approvals.approve(look.config, self._desk.cadence, now, by, self._desk.day, revision=form.version)
        return {"said": f"Approved by {by}."}

    def test(self, form: TestForm) -> dict[str, Any]:
        """Send a test of the edition as it is on disk."""
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", form.to.strip()):
            raise UsageError("a test wants an address", hint="write it as you@example.com")
        look = self._desk.require_same(form.edition)
        told: list[str] = []
        run = SendRun(
            config=look.config,
            cadence=self._desk.cadence,
            now=self._now(look),
            clock=lambda: datetime.now(UTC),
            tell=lambda problem: told.append(problem.message),
            progress=lambda _done, _all: None,
        )
        reader = form.reader or self._desk.reader_of(form.segment)
        report = send_test(run, [form.to.strip()], reader, self._desk.day)
        accepted = report.outcomes[Outcome.ACCEPTED]
        said = f"A test is on its way to {form.to.strip()}." if accepted else f"The test did not go out: {report}"
        return {"said": said, "problems": told, "bad": not accepted}

    def _now(self, look: Look) -> datetime:
        return self._desk.clock(look.config)


def _approval(look: Look, cadence: Cadence) -> str:
    """How the draft stands, in a sentence; empty where nobody has to approve it."""
    if look.draft is None or look.config.schedules[cadence].approval != "required":
        return ""
    approval = look.draft.approval
    if approvals.check_approval(look.composition) is None and approval:
        return f"Approved by {approval.by}, {approvals.format_moment(look.config, approval.at)}."
    return f"Changed since {approval.by} approved it." if approval else "Not approved yet: a send waits for it."


def _names(look: Look) -> dict[str, str]:
    """Sections and categories as they are written, by the form that segments know them in."""
    sections = look.config.sections
    told = [*sections.order, *sections.names, *sections.names.values()]
    told += [category for story in look.composition.selection.stories for category in story.categories]
    return {" ".join(name.casefold().split()): name for name in reversed(told)}


def _label(segment: Segment, names: Mapping[str, str]) -> str:
    """A segment in words: `Science + World, de`."""
    chosen = " + ".join(names.get(category, category.title()) for category in segment.categories)
    return ", ".join(filter(None, [chosen or "All sections", segment.language]))


def _filed(look: Look) -> list[tuple[str, list[_Story]]]:
    """The draft's sections and their stories."""
    draft = look.draft
    if draft is None:
        return []
    edition = look.composition.lay_out(Segment())
    lead = editorial.identify(edition.lead) if edition else ""
    filed: dict[str, list[_Story]] = {name: [] for name in draft.sections}
    for article in draft.articles:
        identity = editorial.identify(article)
        filed[article.section].append(_Story(identity, article, identity in draft.hidden_ids, identity == lead))
    return list(filed.items())
