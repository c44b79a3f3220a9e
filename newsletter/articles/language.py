"""The language of a text, and how many words it has."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

MAX_BYTES = 2000
"""How much of a text is looked at."""
CERTAIN = 0.9
SHORT = 60
"""In characters: a shorter text does not tell its language."""
LONG = 200
"""In characters: from this length on, a text tells its language better than its feed does."""

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_RENAMED = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv"}
"""Codes that ISO 639 has withdrawn."""
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def language_of(text: str, *, stated: str = "") -> str:
    """The BCP 47 tag of the text's language; "" if it cannot be told.

    It is the one that the feed states, unless the text is long and clearly in another one: many
    programs write "en-US" into every feed.
    """
    tag = normal_tag(stated)
    if len(text) < (LONG if tag else SHORT):
        return tag
    found = _detector().FindLanguage(text)
    detected = normal_tag(str(found.language).partition("-")[0])
    if not found.is_reliable or found.probability < CERTAIN or not detected:
        return tag
    return tag if _kin(tag) == _kin(detected) else detected


def normal_tag(tag: str) -> str:
    """The tag with hyphens, its language in lower case; "" for text that is not a tag."""
    text = tag.strip().replace("_", "-")
    if not _TAG.fullmatch(text) or text.lower() in ("und", "mul", "zxx", "xx"):
        return ""
    language, *rest = text.split("-")
    language = _RENAMED.get(language.lower(), language.lower())
    return "-".join(
        [language, *(part.upper() if len(part) == 2 else part.title() for part in rest)]
    )


def word_count(text: str) -> int:
    """The words of the text; each character of Chinese and Japanese counts as one."""
    signs = len(_IDEOGRAPHS.findall(text))
    return signs + len(re.findall(r"\w[\w'’.-]*", _IDEOGRAPHS.sub(" ", text)))


def _kin(tag: str) -> str:
    """The language without its region; those that a detector takes for each other are one."""
    language = tag.partition("-")[0]
    if language in ("nb", "nn", "no", "da"):
        return "no"
    return "sr" if language in ("sr", "hr", "bs", "sh") else language


@cache
def _detector() -> Any:
    import gcld3  # Only reading articles needs it.

    return gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=MAX_BYTES)
