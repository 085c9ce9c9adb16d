"""The languages of digest's own words: gettext catalogues in `locale/`, one .po file per language."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.core import get_global

CATALOGUES = Path(__file__).parent / "locale"


def find_locale(language: str) -> Locale | None:
    """Return the nearest locale of a language tag, None for a language that Babel does not know."""
    for tag in (language, language.split("-", maxsplit=1)[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def find_script(locale: Locale) -> str:
    """Return the script that a language is written in, such as `Latn` (ISO 15924); empty where CLDR does not know."""
    # `zh_Hans_CN`: Babel's own parser leaves out the script of a language that has only one.
    _, _, likely = get_global("likely_subtags").get(locale.language, "").partition("_")
    return locale.script or likely.partition("_")[0]


@cache
def load_translations(locale: Locale) -> NullTranslations | None:
    """Return the fixed words of the templates in a language, None where there is no catalogue for it.

    They are read from the .po file itself: a compiled .mo beside it could be older than its source.
    """
    if locale.language == "en":
        return NullTranslations()
    # Simplified and traditional Chinese are one language in two scripts.
    for name in (f"{locale.language}_{find_script(locale)}", locale.language):
        file = CATALOGUES / name / "LC_MESSAGES" / "digest.po"
        if file.is_file():
            return _compile(file)
    return None


def _compile(file: Path) -> GNUTranslations:
    # Imported here, not above: readers of English need neither.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
