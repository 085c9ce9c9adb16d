"""Find out where in a template an error is, and say what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from digest.errors import TemplateError

TEMPLATE_MISTAKES = (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What a mistake in a template raises while the template is compiled or rendered."""
FIX_THERE = "fix the template there"
_TEMPLATE_FILES = (".mjml", ".txt", ".css", ".jinja")


def to_template_error(error: Exception, name: str) -> TemplateError:
    """Return the TemplateError for a mistake in the template `name` or in what it includes, with file and line."""
    if isinstance(error, jinja2.TemplateNotFound):
        hint = "correct the name in the include, or add that file"
        return TemplateError(f"there is no template {error.name}", location=name, hint=hint)
    if isinstance(error, jinja2.TemplateSyntaxError):
        location = f"{error.filename or error.name or name}:{error.lineno}"
    else:
        location = name
        trace = error.__traceback__
        while trace:
            # Jinja2 rewrites tracebacks so that the innermost frame in a template has its file and line.
            if trace.tb_frame.f_code.co_filename.endswith(_TEMPLATE_FILES):
                location = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            trace = trace.tb_next
    return TemplateError(describe_mistake(error), location=location, hint=FIX_THERE)


def describe_mistake(error: Exception) -> str:
    """Return what a mistake in a template is, on one line."""
    return " ".join(str(getattr(error, "message", None) or error).split())


class LineMarkers(Extension):
    """Marks each line of template text with its file and line, which MJML's errors do not have.

    Used only once MJML has found an error: the marks would get in the way of filters and tests.
    """

    def __init__(self, environment: jinja2.Environment) -> None:
        super().__init__(environment)
        self._locations: list[str] = []

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

    def locate(self, rendered: str, offset: int) -> str | None:
        """Return the `file:line` of the character at an offset of what was rendered, the marks in it not counted.

        None for text before the first mark.
        """
        unmarked, *marked = _MARK.split(rendered)
        location, end = None, len(unmarked)
        for mark, text in zip(marked[::2], marked[1::2], strict=True):
            if end > offset:
                break
            location = self._locations[int(mark)]
            end += len(text)
        return location

    def _mark(self, location: str) -> str:
        self._locations.append(location)
        return f"\x01{len(self._locations) - 1}\x02"


_MARK = re.compile("\x01([0-9]+)\x02")
