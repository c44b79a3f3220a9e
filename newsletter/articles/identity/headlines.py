"""The parts of a headline: its words, numbers and names, and their meanings in contrasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsletter.articles.identity.lexicon import UNSPACED, folded, lexicon

_TOKEN = re.compile(
    rf"(?P<number>\d+(?:[.,\u00a0\u202f']\d+)*(?:[.,]\d+)?)"
    rf"|(?P<unspaced>[{UNSPACED}]+)"
    r"|(?P<word>[^\W\d_]+-feiras?\b|(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:['’](?=[^\W\d_]{3})[^\W\d_]+)*)"
)
_MAGNITUDES = (
    ("thousand tausend mille mil mila duizend tys tusen тыс тысяча тысячи тысяч bin الف k 千", 1e3),
    ("万 萬 만", 1e4),
    ("million millions mio millionen millon millones milioni milhao milhoes miljoen mln mn m"
     " миллион миллиона миллионов млн milyon مليون 百万", 1e6),
    ("亿 億 억", 1e8),
    ("billion billions bn mrd milliarde milliarden milliard milliards miliardi miliardo miljard"
     " mld bilhao bilhoes миллиард миллиарда миллиардов млрд milyar مليار b", 1e9),
    ("trillion trillions tn 兆 조", 1e12),
)  # fmt: skip
_MAGNITUDE = {folded(word): factor for words, factor in _MAGNITUDES for word in words.split()}
_PASSIVE = re.compile(
    r"(?:\b(?:by|par|por|pelo|pela|dal|dalla|door|przez|(?:wurde|wird|worden)\b.*\bvon)"
    r"\s+(?:the |la |le |el |den? |het )?|被)(?P<agent>[^\W\d_]+)",
    re.IGNORECASE,
)
_SOLD = re.compile(
    r"\b(?:(?:sold|goes|go) to|(?:geht|gehen|verkauft) an|vendue?s? (?:à|au)|vendid[oa]s? (?:al?|à|ao)"
    r"|vendut[oaie] (?:al?|alla)|verkocht aan|прода\w+)\s+(?:the |la |le |el |die |den |das |o |a |de |het )?"
    r"[«„“\"]?(?P<agent>[^\W\d_]+)",
    re.IGNORECASE,
)
"""What is sold to someone is bought by them."""
_CALLED_OFF = re.compile(r"\b(?:call(?:s|ed|ing)?) off\b", re.IGNORECASE)
_SUBJECT = re.compile(r"([\u30a0-\u30ff\u3400-\u9fff]{2,})[がは]")
_PLACE = re.compile(
    r"(?:\A(?P<label>[^\W\d_]+(?:[ -][^\W\d_]+)?)\s?[:：]\s)|\b(?:in|of|at|near|from|im|bei|aus|à|au|aux|en|de|du|del|di"
    r"|da|do|das|dos|della|dello|dei|ad|em|no|na|te|van|uit|w|we|z|i|på|från|в|на|из|у)\s+(?:the |la |le"
    r" |el |den? |der |het )?(?P<place>[^\W\d_]+)",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"\b(?:from|aus|uit|från|z|из|от)\s+(?:the |der |den |de |het )?([^\W\d_]+)", re.IGNORECASE
)
_AND = frozenset(["and", "und", "et", "y", "e", "ed", "en", "i", "och", "и", "ve", "و"])
_ELISION = re.compile(r"\A(?:[cdjlmnst]|qu|jusqu|lorsqu|dell|all|nell|sull|dall|quest|un)'")
_GLUED = frozenset("万萬만亿億억千兆조")
"""Magnitudes of unspaced scripts, which the next word follows without a space."""
_ROMAN = re.compile(r"(?:X{0,2}(?:IX|IV|V?I{1,3}|V)|X{1,3})\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The parts by which two headlines are compared.

    `words` are folded and in their order, without functional words. `names` are the words
    written as names, where the spelling of the headline distinguishes names. `numbers` are plain
    decimals. `meanings` are the members of groups of contrasts, and `negated` says whether a word
    negates. `agent` is the person or thing that a passive clause names as acting. `paired` are the
    words on both sides of an "and", whose order does not matter. `subjects` are the words that
    Japanese particles mark as the subject. `bystanders` are named by a label or by a preposition
    of place, so they do not act. `origins` are the places that something comes from.
    """

    words: tuple[str, ...]
    names: frozenset[str]
    numbers: frozenset[str]
    meanings: frozenset[tuple[str, int]]
    negated: bool
    agent: str
    paired: frozenset[frozenset[str]]
    subjects: frozenset[str]
    bystanders: frozenset[str]
    origins: frozenset[str]

    @property
    def weight(self) -> float:
        """How much the headline says, in words: a letter of an unspaced script is half a word."""
        return sum(map(weight, self.words)) + len(self.numbers)

    @property
    def is_generic(self) -> bool:
        """Whether nearly all its words are those of recurring headings, such as "Weekly roundup"."""
        saying = [word for word in self.words if not lexicon().is_generic(word)]
        parts = "".join(word for word in self.words if is_unspaced(word))
        if parts:
            for word in sorted(lexicon().generic, key=len, reverse=True):
                parts = parts.replace(word, "")
            saying = [word for word in saying if not is_unspaced(word)] + list(parts)
        return sum(map(weight, saying)) < 1.5 or 3 * len(saying) <= len(self.words)


def weight(word: str) -> float:
    """The weight of a word, compared with a usual word of 1."""
    return 0.5 if is_unspaced(word) and len(word) == 1 else 1.0


def is_unspaced(word: str) -> bool:
    """Whether the word is of a script that is compared letter by letter."""
    return "\u0e00" <= word[0] <= "\u0e7f" or "\u3040" <= word[0] <= "\u9fff"


@lru_cache(maxsize=20_000)
def headline(title: str, language: str = "") -> Headline:
    """Take the headline apart; `language` is that of its article, "" where it is not known."""
    title = _CALLED_OFF.sub("cancelled", title)
    parts = _Parts(title, language)
    for index in range(len(parts.tokens)):
        parts.add(index)
    if _SOLD.search(title) and ("buy", 1) in parts.meanings:
        parts.meanings ^= {("buy", 1), ("buy", 0)}
    numbers = {str(value + 2) for group, value in parts.meanings if group == "number"}
    return Headline(
        words=tuple(
            word
            for word in parts.words
            if not _is(word, parts.meanings, "number") or is_unspaced(word)
        ),
        names=frozenset(parts.names),
        numbers=frozenset(parts.numbers | numbers),
        meanings=frozenset(
            pair for pair in parts.meanings if pair[0] not in ("number", "negation")
        ),
        negated=any(group == "negation" for group, _value in parts.meanings),
        agent=_agent(title),
        paired=frozenset(parts.paired),
        subjects=frozenset(map(folded, _SUBJECT.findall(title))),
        bystanders=_bystanders(title),
        origins=frozenset(_plain(match[1]) for match in _ORIGIN.finditer(title)),
    )


class _Parts:
    """The words, names, numbers and meanings of a headline, collected token by token."""

    def __init__(self, title: str, language: str) -> None:
        self.tokens = list(_TOKEN.finditer(title))
        self.words: list[str] = []
        self.names: set[str] = set()
        self.numbers: set[str] = set()
        self.meanings: set[tuple[str, int]] = set()
        self.paired: set[frozenset[str]] = set()
        self._title = title
        self._language = language
        self._capitals_are_names = language != "de" and _capitals_are_names(title)
        self._after_and = False

    def add(self, index: int) -> None:
        """Add what the token at `index` says; tokens are added in their order."""
        match = self.tokens[index]
        if match["number"]:
            self.numbers.add(_value(match["number"], self.tokens[index + 1 :], self._title))
        elif match["unspaced"]:
            letters = folded(match[0])
            self.meanings.update(lexicon().meanings_within(letters))
            after_number = _follows_number(self.tokens, index)
            self.words += _unspaced_words(letters, after_number=after_number)
        else:
            self._add_word(index)

    def _add_word(self, index: int) -> None:
        match = self.tokens[index]
        word = _plain(match[0])
        if word in _MAGNITUDE and _follows_number(self.tokens, index):
            return
        if _ROMAN.match(match[0]) and len(match[0]) > 1:
            self.numbers.add(f"roman {match[0]}")
            return
        if word == "no" and (self._language == "pt" or _precedes_number(self.tokens, index)):
            return  # "in the" in Portuguese; "No. 7"
        if word == "v" and _precedes_number(self.tokens, index):
            return  # "v4.2"
        self.meanings.update(lexicon().meanings(word))
        self._after_and = self._after_and or word in _AND
        if not word or word in lexicon().functional:
            return
        if self._after_and and self.words:
            self.paired.add(frozenset((self.words[-1], word)))
        self._after_and = False
        self.words.append(word)
        quoted = self._title[: match.start()][-1:] in tuple('«“„"『「')
        inside = index > 0 or match[0].isupper() or quoted
        if self._capitals_are_names and match[0][:1].isupper() and inside and len(word) > 1:
            self.names.add(word)


def words_of(text: str) -> frozenset[str]:
    """The words of a running text without functional words, with its numbers."""
    found: set[str] = set()
    tokens = list(_TOKEN.finditer(text))
    for index, match in enumerate(tokens):
        if match["number"]:
            found.add(_value(match["number"], tokens[index + 1 :], text))
        elif match["unspaced"]:
            letters = folded(match[0])
            found.update(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))
        else:
            word = _plain(match[0])
            if word and word not in lexicon().functional:
                found.update(_as_number(word) or (word,))
    return frozenset(found)


def language_of(text: str) -> str:
    """The language of a headline with its text, by its functional words; "" if it is unknown."""
    return lexicon().language(re.findall(r"[^\W\d_]+", folded(text)))


def names_in(text: str) -> frozenset[str]:
    """Words that a running text capitalises within its sentences, as names are."""
    found = re.finditer(r"(?<=[\w,;’'\"] )[^\W\d_]+|(?<=\w [“«„(\"])[^\W\d_]+", text)
    return frozenset(_plain(match[0]) for match in found if match[0][:1].isupper())


def _agent(title: str) -> str:
    """Who acts in a passive clause, or buys what is sold; "" where the headline is active."""
    for match in (*_SOLD.finditer(title), *_PASSIVE.finditer(title)):
        if len(match["agent"]) > 1:  # not "por R$ 5"
            return _plain(match["agent"])
    return ""


def _bystanders(title: str) -> frozenset[str]:
    found: set[str] = set()
    for match in _PLACE.finditer(title):
        before = title[: match.start()].split()[-1:]
        if match[0][:3].casefold() == "van" and (
            match[0][0] == "V" or (before and before[0][0].isupper())
        ):
            continue  # "Lotte van Drongen" is a person
        found.update(map(_plain, re.findall(r"[^\W\d_]+", match["label"] or match["place"])))
    return frozenset(found)


def _plain(word: str) -> str:
    word = folded(word).replace(".", "").replace("’", "'")
    word = _ELISION.sub("", word.removesuffix("'s"))
    if "\u0600" <= word[:1] <= "\u06ff" and len(word) > 4:
        word = re.sub(r"\A[وفبل]?ال", "", word)
    return word


def _as_number(word: str) -> tuple[str, ...]:
    """The numbers that a number word means: "three" is 3."""
    return tuple(
        str(value + 2) for group, value in lexicon().words.get(word, ()) if group == "number"
    )


def _is(word: str, meanings: Iterable[tuple[str, int]], group: str) -> bool:
    return any(pair in meanings and pair[0] == group for pair in lexicon().words.get(word, ()))


def _capitals_are_names(title: str) -> bool:
    """Whether capitals mark names: not in a headline that capitalises most of its words."""
    words: list[str] = re.findall(r"[^\W\d_]{4,}", title)[1:]
    capital = sum(word[0].isupper() for word in words)
    return bool(words) and capital <= len(words) * 0.6


def _follows_number(tokens: Sequence[re.Match[str]], index: int) -> bool:
    return index > 0 and tokens[index - 1]["number"] is not None


def _precedes_number(tokens: Sequence[re.Match[str]], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1]["number"] is not None


def _unspaced_words(letters: str, *, after_number: bool) -> Iterator[str]:
    if after_number and letters[0] in _MAGNITUDE:
        letters = letters[1:]
    if "\uac00" <= letters[:1] <= "\ud7a3":
        yield letters
        return
    yield from letters


def _value(number: str, following: Sequence[re.Match[str]], text: str) -> str:
    """The number as a plain decimal, multiplied by the magnitude that follows it."""
    digits = re.sub(r"[\u00a0\u202f']", "", number)
    factor = _factor(following, text)
    # 1,600,000 and 1.200 are whole; 1.6, 1,6 and 1.625 million are not; 18.1.2 is a version, and
    # 18.1.0 is 18.1.
    whole = r"\d{1,3}(?:[.,]\d{3})+" if factor == 1.0 else r"\d{1,3}(?:,\d{3})+"
    if re.fullmatch(whole, digits):
        digits = re.sub(r"[.,]", "", digits)
    digits = digits.replace(",", ".")
    if digits.count(".") > 1:
        return digits.removesuffix(".0")
    return f"{float(digits) * factor:.10g}" if factor != 1.0 else digits


def _factor(following: Sequence[re.Match[str]], text: str) -> float:
    """By what the word after a number multiplies it."""
    if not following:
        return 1.0
    unit = folded(following[0][0])
    gap = text[: following[0].start()][-1:]
    if len(unit) == 1 and unit.isascii() and gap == " ":
        return 1.0  # "5 m" may as well be metres
    return _MAGNITUDE.get(unit[:1] if unit[:1] in _GLUED else unit, 1.0)
