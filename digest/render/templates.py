"""The Jinja2 environments, for MJML and for text, over a newsroom's templates and the shipped ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup, escape

from digest.core.merge_fields import MERGE_FIELDS, Form, merge_field_token
from digest.core.resources import shipped
from digest.errors import TemplateError
from digest.render import wording
from digest.render.languages import catalogue
from digest.render.mjml import to_ascii

_BROKEN = (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What a mistake in a template raises while it is compiled or rendered."""
_TEMPLATE_FILES = (".mjml", ".txt", ".css", ".jinja")


class Templates:
    """Renders templates by name; a file in the newsroom's own folder takes the place of the shipped one."""

    def __init__(self, own: Path | None, form: Form, locale: Locale) -> None:
        """`form` decides how values are escaped and which tokens slots have."""
        folders = [folder for folder in (own, shipped("templates")) if folder is not None and folder.is_dir()]
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folders),
            undefined=jinja2.StrictUndefined,
            autoescape=form == "html",  # noqa: S701 - plain text and CSS are not HTML
            finalize=_escaped if form == "html" else None,
            trim_blocks=form == "html",
            keep_trailing_newline=True,
            extensions=["jinja2.ext.i18n"],
        )
        words = catalogue(locale) or NullTranslations()
        self._environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
        self._environment.filters.update(excerpt=wording.opening, wrap=wording.wrap, heading=wording.heading)
        self._environment.globals["slot"] = lambda name: _slot(name, form)

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render a template. Raises TemplateError with file and line."""
        try:
            return self._environment.get_template(name).render(context)
        except _BROKEN as error:
            raise _located(error, name) from None

    def render_string(self, source: str, where: str, context: Mapping[str, Any]) -> str:
        """Render a template that the configuration holds. Raises TemplateError that names `where`."""
        try:
            return self._environment.from_string(source).render(context)
        except _BROKEN as error:
            raise TemplateError(_reason(error), location=where, hint="mend the template there") from None

    def values(self, name: str) -> dict[str, Any]:
        """What a template sets. Raises TemplateError with file and line."""
        try:
            module = self._environment.get_template(name).module
        except _BROKEN as error:
            raise _located(error, name) from None
        return {key: value for key, value in vars(module).items() if not key.startswith("_")}

    def place(self, name: str, context: Mapping[str, Any], offset: int) -> str:
        """The `file:line` that gave the character at an offset of `to_ascii` of what `render` gave."""
        traced = self._environment.overlay(extensions=[_Traced])
        places: list[str] = traced.extensions[_Traced.identifier].places  # type: ignore[attr-defined]
        first, *marked = _MARK.split(to_ascii(traced.get_template(name).render(context)))
        place, end = name, len(first)
        for mark, text in zip(marked[::2], marked[1::2], strict=True):
            if end > offset:
                break
            place = places[int(mark)]
            end += len(text)
        return place


def templates_of(own: Path | None, form: Form, locale: Locale) -> Templates:
    """The templates of a newsroom, compiled once: that takes longer than rendering, and each segment has the same."""
    names = tuple(sorted(file.name for file in own.iterdir())) if own and own.is_dir() else ()
    return _compiled(own, form, locale, names)


@lru_cache(maxsize=32)
def _compiled(own: Path | None, form: Form, locale: Locale, _names: tuple[str, ...]) -> Templates:
    # Jinja2 sees that a file has changed, but not that one has come to take the place of another: hence the names.
    return Templates(own, form, locale)


class _Traced(Extension):
    """Puts a mark before each line of template text that tells where it stands, as MJML's errors do not.

    Used only once MJML has found an error: the marks would be in the way of filters and tests.
    """

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        self.places: list[str] = []

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the text, leave expressions and statements as they are."""
        for token in stream:
            if token.type == "data":
                lines = token.value.split("\n")
                marked = (
                    self._mark(f"{stream.filename}:{token.lineno + number}") + line for number, line in enumerate(lines)
                )
                yield Token(token.lineno, "data", "\n".join(marked))
            else:
                yield token

    def _mark(self, place: str) -> str:
        self.places.append(place)
        return f"\x01{len(self.places) - 1}\x02"


_MARK = re.compile("\x01([0-9]+)\x02")


def _escaped(value: Any) -> Any:
    """A value as HTML that mrml passes on unharmed, in text and in attributes alike.

    mrml prints an attribute with a backslash or a line break as a Rust debug string, and drops a text that begins with
    a line break.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return Markup(" ".join(re.split(r"[\t\r\n]+", escape(value))).replace("\\", "&#92;"))  # noqa: S704 - escaped above


def _slot(name: str, form: Form) -> str:
    if name not in MERGE_FIELDS:
        raise jinja2.TemplateRuntimeError(f"there is no slot {name!r}; known: {', '.join(MERGE_FIELDS)}")
    return merge_field_token(name, form)


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "message", None) or error).split())


def _located(error: Exception, name: str) -> TemplateError:
    if isinstance(error, jinja2.TemplateNotFound):
        return TemplateError(
            f"there is no template {error.name}", location=name, hint="mend the include's name, or add that file"
        )
    if isinstance(error, jinja2.TemplateSyntaxError):
        where = f"{error.filename or error.name or name}:{error.lineno}"
    else:
        where = name
        trace = error.__traceback__
        while trace:
            # Jinja2 rewrites tracebacks so that the innermost frame in a template has its file and line.
            if trace.tb_frame.f_code.co_filename.endswith(_TEMPLATE_FILES):
                where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            trace = trace.tb_next
    return TemplateError(_reason(error), location=where, hint="mend the template there")
