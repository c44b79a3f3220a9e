"""The fixed words of an issue, of letters and of readers' pages, in the site's language.

English stands in the templates; other languages in gettext catalogues, `words/<language>.po`
beside them or above, read as they are: nothing to compile, and a site adds or mends one by adding a file.
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

Speaker = Callable[..., str]


def speaker(language: str, folders: Sequence[Path]) -> Speaker:
    """A function from an English sentence, and values for its %(name)s, to the language's.

    "pt-BR" falls back to "pt", and what no catalogue has stays English. Raises
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

    def say(sentence: str, **values: object) -> str:
        return translations.gettext(sentence) % values if values else translations.gettext(sentence)

    return say


def let_speak(templates: Environment, say: Speaker, language: str) -> None:
    """Give templates `_("… %(name)s …", name=…)`, which escapes values as the template does, and
    `language` and `direction` for the page's root element.
    """

    # Languages and templates load slowly: only where something is rendered.
    from babel import Locale
    from jinja2 import pass_eval_context
    from markupsafe import Markup

    @pass_eval_context
    def translate(context: EvalContext, sentence: str, **values: object) -> str:
        said = Markup(say(sentence)) if context.autoescape else say(sentence)  # noqa: S704 - the catalogue's own
        return said % values if values else said

    templates.globals["_"] = translate
    templates.globals["language"] = language
    templates.globals["direction"] = Locale.parse(language, sep="-").text_direction


def spoken_day(moment: datetime, language: str) -> str:
    """`18 March 2026`, in the language; plain English has the day first, which nobody misreads."""
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
