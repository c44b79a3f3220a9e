"""The words and numbers of a text, in the form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newsletter.articles.identity.lexicon import UNSPACED, folded, lexicon

TOKEN = re.compile(
    rf"(?P<number>\d+(?:[.,\u00a0\u202f']\d+)*(?:[.,]\d+)?)"
    rf"|(?P<unspaced>[{UNSPACED}]+)"
    r"|(?P<word>[^\W\d_]+-feiras?\b|(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:['’](?=[^\W\d_]{3})[^\W\d_]+)*)"
)
STEM = 5
"""The number of first letters by which forms of a word are equal where they are only counted."""
_FACTORS = (
    ("thousand tausend mille mil mila duizend tys tysiac tysiace tysiecy tusen тыс тысяча тысячи тысяч bin"
     " الف k 千 tonne tonnes tonnen tonnellate tonnellata tonelada toneladas ton tons tonn tony тонн тонна тонны", 1e3),
    ("kilo kilos kg kilogramm kilograms kilogrammes kilogramos kilogrammi quilo quilos килограмм килограммов кг", 1.0),
    ("万 萬 만", 1e4),
    ("million millions mio millionen millon millones milioni milhao milhoes miljoen miljoner mnkr"
     " milion miliony milionow mln mn m"
     " миллион миллиона миллионов млн milyon مليون 百万", 1e6),
    ("亿 億 억", 1e8),
    ("billion billions bn mrd milliarde milliarden milliard milliards miliardi miliardo miljard"
     " mld bilhao bilhoes miliard miliardy miliardow miljarder миллиард миллиарда миллиардов млрд milyar مليار b", 1e9),
    ("trillion trillions tn 兆 조", 1e12),
)  # fmt: skip
MAGNITUDES = {folded(word): factor for words, factor in _FACTORS for word in words.split()}
_ELISION = re.compile(r"\A(?:[cdjlmnst]|qu|jusqu|lorsqu|dell|all|nell|sull|dall|quest|un)'")
_TURKISH_CASE = re.compile(r"(?<=...)'(?:[dt][ae]ki|n[dt][ae]n?|y?l[ae]|ler|lar)[a-z]{0,3}\Z")
_DIGIT, _ARABIC = re.compile(r"\d"), re.compile("[\u0600-\u06ff]")
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBERS = (*range(2, 13), *range(20, 101, 10))
"""The values of the lines of the group "number" in contrasts.txt."""
_LARGE = 13
"""A number below this occurs in many articles."""
_YEARS = range(1900, 2100)
_GLUED = frozenset("万萬만亿億억千兆조")
"""Magnitudes of unspaced scripts, which the next word follows without a space."""


def follows_number(tokens: Sequence[re.Match[str]], index: int) -> bool:
    """Whether the token before is a number, in digits or as a word."""
    if index == 0:
        return False
    before = tokens[index - 1]
    return before["number"] is not None or bool(before["word"] and word_value(plain(before[0])))


@lru_cache(maxsize=50_000)
def plain(word: str) -> str:
    """The word without accents, elisions ("l'"), a possessive "'s", Turkish cases and the Arabic article."""
    word = folded(word).replace(".", "").replace("’", "'")
    word = _TURKISH_CASE.sub("", _ELISION.sub("", word.removesuffix("'s")))
    if "\u0600" <= word[:1] <= "\u06ff" and len(word) > 4:
        word = re.sub(r"\A[وفبل]?ال", "", word)
    return word


@lru_cache(maxsize=50_000)
def word_value(word: str) -> float:
    """The number that a number word means, 3 for "three"; 0 for other words."""
    return next(
        (
            _NUMBERS[index]
            for group, index in lexicon().contrasts.words.get(word, ())
            if group == "number"
        ),
        0,
    )


@lru_cache(maxsize=1)
def _number_words() -> frozenset[str]:
    return frozenset(word for word in lexicon().contrasts.words if word_value(word))


def may_have_number(text: str) -> bool:
    """Whether a folded text can have a number, in digits or as a word; quick, and true too often."""
    if _DIGIT.search(text) or _ARABIC.search(text):  # The Arabic article may hide a number.
        return True
    return not all(
        _number_words().isdisjoint(_LETTERS.findall(form)) for form in (text, text.replace(".", ""))
    )


def number_at(tokens: Sequence[re.Match[str]], index: int, text: str) -> str:
    """The number at `index` as a plain decimal, "" for other tokens: 2000 for "two thousand"."""
    match = tokens[index]
    if match["number"]:
        return _decimal(match["number"], _factor(tokens, index, text))
    value = word_value(plain(match[0])) if match["word"] else 0
    return f"{value * _factor(tokens, index, text):.10g}" if value else ""


def _decimal(number: str, factor: float) -> str:
    digits = re.sub(r"[\u00a0\u202f']", "", number)
    # 1,600,000 and 1.200 are whole; 1.6, 1,6 and 1.625 million are not; 18.1.2 is a version, and
    # 18.1.0 is 18.1, and 9.0 is 9.
    whole = r"\d{1,3}(?:[.,]\d{3})+" if factor == 1.0 else r"\d{1,3}(?:,\d{3})+"
    if re.fullmatch(whole, digits):
        digits = re.sub(r"[.,]", "", digits)
    digits = digits.replace(",", ".")
    digits = digits.removesuffix(".0")
    if digits.count(".") > 1:
        return digits
    return f"{float(digits) * factor:.10g}" if factor != 1.0 else digits


def _factor(tokens: Sequence[re.Match[str]], index: int, text: str) -> float:
    """By what the word after the number at `index` multiplies it."""
    if index + 1 == len(tokens):
        return 1.0
    following = tokens[index + 1]
    unit = folded(following[0])
    gap = text[following.start() - 1]
    if len(unit) == 1 and unit.isascii() and gap == " ":
        return 1.0  # "5 m" may as well be metres
    return MAGNITUDES.get(unit[:1] if unit[:1] in _GLUED else unit, 1.0)


def number_weight(number: str) -> float:
    """How much it shows that two articles have this number in common."""
    if not number.replace(".", "", 1).isdecimal():
        return 0.5
    value = float(number)
    if value in _YEARS or value < 2:
        return 0.0
    return 1.0 if value >= _LARGE or "." in number else 0.5
