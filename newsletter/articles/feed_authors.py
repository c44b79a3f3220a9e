"""Reads the names of people in the author elements of feeds, which often hold addresses instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from newsletter.articles.entry_text import unescaped_line
from newsletter.articles.sanitize import one_line

_ADDRESS = re.compile(
    r"(?:mailto:)?[\w.+\-]{1,64}(?:@|\s*\[at\]\s*)[\w\-]{1,63}(?:(?:\.|\s*\[dot\]\s*)[\w\-]{1,63})*",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"(?:\(?(?:unknown|unbekannt|inconnu|desconocido|sconosciuto|anonymous|anonym|anonyme|an[oó]nimo|admin|administrator"
    r"|root|webmaster|no-?reply|nobody|none|null|nil|undefined|n/?a|author|user|test|default|wordpress|no author"
    r"|unknown author|(?:[\w.-]+ ){0,3}feed|syndicated content)\)?)?[\W_]*",
    re.IGNORECASE,
)
_WEB = re.compile(r"\(?https?://\S+\)?", re.IGNORECASE)
_MARKUP = re.compile(
    r"</?[a-z][a-z0-9]{0,10}\b[^<>]*\s[^<>]*>|</[^<>]*>|<([a-z0-9]+)>(?=.*</\1>)", re.IGNORECASE
)
_HANDLE = re.compile(r"\A(?:@[\w.-]+\s+(?=\S)|/?u/(?=\w))")
"""What Discourse and Reddit write before a name, or in its place."""
_BRACKETED = re.compile(r"[(\[]([^()\[\]]+)[)\]]")


def author_names(texts: Iterable[str]) -> str:
    """The names of the authors, each once, with commas between them; "" if none is a name."""
    names: dict[str, str] = {}
    for text in texts:
        name = author_name(text)
        if name:
            names.setdefault(name.casefold(), name)
    return ", ".join(names.values())


def author_name(text: str) -> str:
    """The name in an author element: that of "ann@example.org (Ann Example)" is in brackets."""
    line = one_line(_MARKUP.sub(" ", unescaped_line(text)), 200)
    plain = _WEB.sub(" ", line)
    without = " ".join(_ADDRESS.sub(" ", plain).split())
    if without != " ".join(plain.split()):
        bracketed = _BRACKETED.fullmatch(without)
        without = bracketed[1] if bracketed else re.sub(r"[(\[]\s*[)\]]", " ", without)
    without = _HANDLE.sub("", without)
    name = without.translate({ord("<"): " ", ord(">"): " "}).strip(' \t,;:|"')
    name = " ".join(name.split())
    return "" if _NOBODY.fullmatch(name) else name
