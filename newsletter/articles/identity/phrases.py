"""Rewrites what a headline says in several words, or with a sign, as one word says it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsletter.articles.identity.lexicon import is_unspaced, lines_of

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_GAP = r"((?:\s+[^\s;:!?–—]+){0,9}?)"
_CURRENCIES = {"€": "euro", "$": "dollar", "£": "pound", "¥": "yen", "₺": "lira", "₽": "rubel"}
_AMOUNT = re.compile(
    r"(?:US|AU|CA|R)?(?P<before>[€$£¥₺₽])\s?(?P<number>\d[\d.,]*(?:\s?[^\W\d_]+\b)?)"
    r"|(?P<plain>\d[\d.,]*(?:\s?[^\W\d_]+\b)?)\s?(?P<after>[€$£¥₺₽])"
)
_LETTER = re.compile(r"(?<=\d)\s(?=[mMkK]\Z)")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    instead: str


def in_one_word(title: str) -> str:
    """The headline with "resigned" for "steps down", and "50m euro" for "€50m"."""
    title = _AMOUNT.sub(_amount, title)
    plain = title.casefold().replace("’", "'")
    words = [form for form in _unspaced_phrases() if form in plain]
    for word in dict.fromkeys((*words, *_WORD.findall(plain))):
        for phrase in _phrases().get(word, ()):
            title = phrase.pattern.sub(phrase.instead, title)
    return title


def _amount(match: re.Match[str]) -> str:
    """The amount with the name of its currency behind it."""
    number, sign = match["number"] or match["plain"], match["before"] or match["after"]
    if match["before"] == "$" and match[0].startswith("R"):
        return match[0]  # reais
    return f"{_LETTER.sub('', number)} {_CURRENCIES[sign]}"


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, tuple[_Phrase, ...]]:
    """The phrases of `phrases.txt` by the first word of each of their forms."""
    found: defaultdict[str, list[_Phrase]] = defaultdict(list)
    for line in lines_of("phrases.txt"):
        words, _, instead = line.partition(" =")
        phrase = _phrase(words.split(), instead.strip())
        for word in dict.fromkeys(_first_word(form) for form in words.split()[0].split("|")):
            found[word].append(phrase)
    return {word: tuple(phrases) for word, phrases in found.items()}


def _first_word(form: str) -> str:
    match = _WORD.match(form)
    return match[0] if match else form


@lru_cache(maxsize=1)
def _unspaced_phrases() -> tuple[str, ...]:
    return tuple(form for form in _phrases() if is_unspaced(form))


def _phrase(words: list[str], instead: str) -> _Phrase:
    pattern = ""
    for before, word in zip(["", *words], words, strict=False):
        if word == "…":
            pattern += _GAP
            continue
        forms = word.replace("'", "['’]")
        if is_unspaced(word):
            pattern += f"(?:{forms})"
            continue
        pattern += r"\s+" if before else r"\b"
        pattern += f"(?:{forms})\\b"
    kept = "".join(rf"\{number + 1}" for number in range(words.count("…")))
    return _Phrase(pattern=re.compile(pattern, re.IGNORECASE), instead=f"{instead}{kept}")
