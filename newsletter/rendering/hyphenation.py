"""Places where long words may break, for clients that drop `word-break`: soft hyphens, and `<wbr>`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from markupsafe import Markup, escape

LONG = 16
"""Letters; about as many fit on a line of a headline at 320 pixels."""

SOFT_HYPHEN = "\u00ad"

_LONG_STRING = 18
"""Characters that are not only letters."""
_PIECE = 12
"""Characters between two places to break, where no rule of a language names them."""
# Not within an address, which is copied as it is shown.
_LONG_WORD = re.compile(rf"(?<![\w/@.:=?&-])[^\W\d_]{{{LONG},}}(?![\w/@=?&])")
_TEXT = re.compile(r"(<[^>]*>)|([^<]+)")
# What breaks nowhere else: no spaces and soft hyphens, and no scripts that are written without spaces.
_UNBROKEN = re.compile(
    r"(?:&#?\w+;|[^\s\xad&\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
    rf"\uff00-\uffef\U00020000-\U0003ffff]){{{_LONG_STRING},}}"
)
# A letter with its marks, or an entity; then signs after which an address is best broken.
_SIGN = r"(?:&#?\w+;|[^&](?:[\u0300-\u036f\u0591-\u06ed\u0900-\u0dff\u200c-\u200d\ufe0f]|(?<=\u200d).)*)"
_PIECES = re.compile(rf"{_SIGN}{{4,{_PIECE}}}[/?=_.,:;@](?=.)|{_SIGN}{{1,{_PIECE}}}", re.DOTALL)


@cache
def soft_hyphenator(language: str) -> Callable[[str], Markup]:
    """A function that makes safe HTML of a text, with places to break in its long words.

    Words have soft hyphens where the language's patterns allow, and other long strings `<wbr>`.
    """
    from pyphen import Pyphen, language_fallback  # slow to load: only when something is rendered

    known = language_fallback(language.replace("-", "_"))
    patterns = Pyphen(lang=known, left=3, right=3) if known else None

    def hyphenated(match: re.Match[str]) -> str:
        return str(patterns.inserted(match[0], SOFT_HYPHEN)) if patterns else match[0]

    return lambda text: with_breaks(escape(_LONG_WORD.sub(hyphenated, text)))


def with_breaks(html: str) -> Markup:
    """Well-formed HTML with `<wbr>` in strings that are longer than a line of a phone may be."""
    broken = _TEXT.sub(
        lambda match: match[1] or _UNBROKEN.sub(lambda long: _broken(long[0]), match[2]), html
    )
    return Markup(broken)  # noqa: S704 (only <wbr/> is added)


def _broken(text: str) -> str:
    return "<wbr/>".join(_PIECES.findall(text))
