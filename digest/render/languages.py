"""The languages that digest's own words are in: gettext catalogues in `locale/`, one .po file a language."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global

CATALOGUES = Path(__file__).parent / "locale"


def locale_of(language: str) -> Locale | None:
    """The locale of a language tag, the nearest one there is; None for a language that Babel does not know."""
    for tag in (language, language.split("-", maxsplit=1)[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def script_of(locale: Locale) -> str:
    """The script that a language is written in, as in `Latn` (ISO 15924); empty where CLDR does not know."""
    # `zh_Hans_CN`: Babel's own parser leaves out a script that is the language's only one.
    _, _, likely = get_global("likely_subtags").get(locale.language, "").partition("_")
    return locale.script or likely.partition("_")[0]


@cache
def catalogue(locale: Locale) -> NullTranslations | None:
    """The fixed words of the templates in a language; None where there is no catalogue.

    Read from the .po file itself: a compiled .mo beside it could be older than its source.
    """
    if locale.language == "en":
        return NullTranslations()
    # Simplified and traditional Chinese are one language in two scripts.
    for name in (f"{locale.language}_{script_of(locale)}", locale.language):
        file = CATALOGUES / name / "LC_MESSAGES" / "digest.po"
        if file.is_file():
            return _read(file)
    return None


def _read(file: Path) -> GNUTranslations:
    # Here, not above: readers of English need neither.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
