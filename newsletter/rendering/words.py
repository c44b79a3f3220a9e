"""The fixed words of an issue, in the newsletter's language.

English stands in the templates; other languages in gettext catalogues, `words/<language>.po`
beside them, read as they are: nothing to compile, and a site adds or mends one by adding a file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from newsletter.errors import ConfigurationError, Problem

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


def _read(path: Path) -> GNUTranslations:
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
