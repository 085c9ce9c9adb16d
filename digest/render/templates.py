"""Load a newsroom's templates over the shipped ones, and render them with Jinja2 for MJML or for text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import jinja2
from babel import Locale
from markupsafe import Markup, escape

from digest.core.merge_fields import MERGE_FIELDS, Form, merge_field_token
from digest.core.resources import find_shipped
from digest.errors import TemplateError
from digest.render import text_layout
from digest.render.languages import load_translations
from digest.render.mjml import to_ascii
from digest.render.template_errors import (
    FIX_THERE,
    TEMPLATE_MISTAKES,
    LineMarkers,
    describe_mistake,
    to_template_error,
)


class Templates:
    """Renders templates by name; a file in the newsroom's own folder replaces the shipped one of the same name."""

    def __init__(self, own: Path | None, form: Form, locale: Locale) -> None:
        """`form` decides how values are escaped and which tokens merge fields have."""
        folders = [folder for folder in (own, find_shipped("templates")) if folder is not None and folder.is_dir()]
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folders),
            undefined=jinja2.StrictUndefined,
            autoescape=form == "html",  # noqa: S701 - plain text and CSS are not HTML
            finalize=_escape_for_mjml if form == "html" else None,
            trim_blocks=form == "html",
            keep_trailing_newline=True,
            extensions=["jinja2.ext.i18n"],
        )
        translations = load_translations(locale) or NullTranslations()
        self._environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
        self._environment.filters.update(
            excerpt=text_layout.truncate_to_width, wrap=text_layout.wrap, heading=text_layout.format_heading
        )
        self._environment.globals["merge_field"] = lambda name: _merge_field(name, form)
        # The name before it was merge_field, kept for the templates that newsrooms have.
        self._environment.globals["slot"] = self._environment.globals["merge_field"]

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render a template. Raises TemplateError with file and line."""
        try:
            return self._environment.get_template(name).render(context)
        except TEMPLATE_MISTAKES as error:
            raise to_template_error(error, name) from None

    def render_string(self, source: str, location: str, context: Mapping[str, Any]) -> str:
        """Render a template from the configuration or a draft. Raises TemplateError with the `location`."""
        try:
            return self._environment.from_string(source).render(context)
        except TEMPLATE_MISTAKES as error:
            raise TemplateError(describe_mistake(error), location=location, hint=FIX_THERE) from None

    def read_variables(self, name: str) -> dict[str, Any]:
        """Return the variables that a template sets. Raises TemplateError with file and line."""
        try:
            module = self._environment.get_template(name).module
        except TEMPLATE_MISTAKES as error:
            raise to_template_error(error, name) from None
        return {key: value for key, value in vars(module).items() if not key.startswith("_")}

    def locate(self, name: str, context: Mapping[str, Any], offset: int) -> str:
        """Return the `file:line` of the character at an offset of `to_ascii(render(name, context))`."""
        environment = self._environment.overlay(extensions=[LineMarkers])
        markers: LineMarkers = environment.extensions[LineMarkers.identifier]  # type: ignore[assignment]
        rendered = to_ascii(environment.get_template(name).render(context))
        return markers.locate(rendered, offset) or name


def load_templates(own: Path | None, form: Form, locale: Locale) -> Templates:
    """Return a newsroom's templates, compiled once for all segments: compiling takes longer than rendering."""
    names = tuple(sorted(file.name for file in own.iterdir())) if own and own.is_dir() else ()
    return _compile(own, form, locale, names)


@lru_cache(maxsize=32)
def _compile(own: Path | None, form: Form, locale: Locale, _names: tuple[str, ...]) -> Templates:
    # The names are a part of the key: Jinja2 sees that a file has changed, but not that one now replaces another.
    return Templates(own, form, locale)


def _escape_for_mjml(value: Any) -> Any:
    """Return a value as HTML that mrml passes on unharmed, in text and in attributes alike.

    mrml prints an attribute with a backslash or a line break as a Rust debug string, and drops a text that begins with
    a line break.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return Markup(" ".join(re.split(r"[\t\r\n]+", escape(value))).replace("\\", "&#92;"))  # noqa: S704 - escaped above


def _merge_field(name: str, form: Form) -> str:
    if name not in MERGE_FIELDS:
        raise jinja2.TemplateRuntimeError(f"there is no merge field {name!r}; known: {', '.join(MERGE_FIELDS)}")
    return merge_field_token(name, form)
