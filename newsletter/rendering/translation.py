"""Translates the fixed texts of issues, letters and readers' pages into the site's language.

Templates contain English. Other languages are gettext catalogues, `words/<language>.po` beside
the templates or above them. They are read without compilation, so a site adds or corrects a
translation by adding a file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import EvalContext

Translator = Callable[..., str]


def translator(language: str, folders: Sequence[Path]) -> Translator:
    """Return a function that translates an English text and fills in its %(name)s placeholders.

    "pt-BR" falls back to "pt"; texts that no catalogue has stay English. Raises
    ConfigurationError for a catalogue that cannot be read.
    """
    translations = NullTranslations()
    for code in (language.split("-")[0], language):
        for folder in reversed(folders):
            path = folder / "words" / f"{code}.po"
            if path.is_file():
                catalogue = _read(path)
                catalogue.add_fallback(translations)
                translations = catalogue

    def translate(text: str, **values: object) -> str:
        translated = translations.gettext(text)
        return translated % values if values else translated

    return translate


def add_translations(templates: Environment, translator: Translator, language: str) -> None:
    """Add the globals `_`, `language` and `direction` to a template environment.

    `_("… %(name)s …", name=…)` translates, and escapes values as the template does. The other
    two are for the page's root element.
    """

    # Slow to load: only when something is rendered.
    from babel import Locale
    from jinja2 import pass_eval_context
    from markupsafe import Markup

    @pass_eval_context
    def translate(context: EvalContext, text: str, **values: object) -> str:
        translated = translator(text)
        if context.autoescape:
            translated = Markup(translated)  # noqa: S704 - the catalogue is trusted
        return translated % values if values else translated

    templates.globals["_"] = translate
    templates.globals["language"] = language
    templates.globals["direction"] = Locale.parse(language, sep="-").text_direction


def long_date(moment: datetime, language: str) -> str:
    """A date such as `18 March 2026`, in the language; plain English puts the day first."""
    from babel import Locale
    from babel.dates import format_date

    locale = "en_GB" if language == "en" else Locale.parse(language, sep="-")
    return format_date(moment, "long", locale=locale)


def _read(path: Path) -> GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        problem = Problem(message=f"not a gettext catalogue: {error}", file=str(path))
        raise ConfigurationError([problem]) from error
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
