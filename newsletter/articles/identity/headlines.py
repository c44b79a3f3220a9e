"""A headline taken apart: its words, numbers and names, and what they mean among contrasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsletter.articles.identity.lexicon import UNSPACED, folded, lexicon

_SEPARATOR = re.compile(r"\s+[|»·•–—―-]\s+|\s*[|｜_]\s*|(?<=[\u3040-\u9fff])\s*[-–—－]\s*(?=\S)")
_LABEL = re.compile(
    r"\A\s*(?:\[[^\]]{1,24}\]|【[^】]{1,12}】|\([^)]{1,12}\)"
    r"|(?:breaking(?: news)?|just in|update[ds]?|exclusive|watch|video|live|analysis|opinion|report"
    r"|reports|developing|photos?|listen|explainer|eilmeldung|eil|exklusiv|liveticker|video"
    r"|dernière minute|en direct|direct|vidéo|exclusif|última hora|urgente|exclusiva|en vivo|vídeo"
    r"|ultima ora|ultim'ora|esclusiva|ao vivo|exclusivo|net binnen|pilne|z ostatniej chwili"
    r"|срочно|видео|son dakika|عاجل|快讯|突发|独家|速報|独自|속보|단독)\s*[:：|–—-]+)\s*",
    re.IGNORECASE,
)
_PUBLISHER = re.compile(
    r"\b(?:news|times|post|herald|journal|press|magazine|gazette|tribune|chronicle|guardian|mail"
    r"|reuters|ap|afp|dpa|bbc|cnn|blog|online|daily|weekly|today|tv|radio|zeitung|tagblatt"
    r"|nachrichten|spiegel|zeit|bild|le monde|figaro|libération|diario|periódico|noticias|país|mundo"
    r"|giornale|repubblica|corriere|ansa|jornal|folha|globo|nieuws|gazeta|haber|газета|новости|тасс"
    r"|\w+\.(?:com|org|net|de|fr|es|it|co\.uk|example))\b"
    r"|新闻|新华|日报|晚报|时报|网\Z|新聞|通信|ニュース|뉴스|신문|일보",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?P<number>\d+(?:[.,\u00a0\u202f']\d+)*(?:[.,]\d+)?)"
    rf"|(?P<unspaced>[{UNSPACED}]+)"
    r"|(?P<word>[^\W\d_]+-feiras?\b|(?:[^\W\d_]\.){2,}|[^\W\d_]+(?:['’](?=[^\W\d_]{3})[^\W\d_]+)*)"
)
_MAGNITUDES = (
    ("thousand tausend mille mil mila duizend tys tusen тыс bin الف k 千", 1e3),
    ("万 萬 만", 1e4),
    ("million millions mio millionen millon millones milioni milhao milhoes miljoen mln mn m"
     " миллион миллионов млн milyon مليون 百万", 1e6),
    ("亿 億 억", 1e8),
    ("billion billions bn mrd milliarde milliarden milliard milliards miliardi miliardo miljard"
     " mld bilhao bilhoes миллиард миллиардов млрд milyar مليار b", 1e9),
    ("trillion trillions tn 兆 조", 1e12),
)  # fmt: skip
_MAGNITUDE = {folded(word): factor for words, factor in _MAGNITUDES for word in words.split()}
_PASSIVE = re.compile(
    r"(?:\b(?:by|par|por|pelo|pela|dal|dalla|door|przez|(?:wurde|wird|worden)\b.*\bvon)"
    r"\s+(?:the |la |le |el |den? |het )?|被)(?P<agent>[^\W\d_]+)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"([\u30a0-\u30ff\u3400-\u9fff]{2,})[がは]")
_PLACE = re.compile(
    r"(?:\A(?P<label>[^\W\d_]+(?:[ -][^\W\d_]+)?)\s?[:：]\s)|\b(?:in|of|at|near|from|im|bei|aus|à|au|aux|en|de|du|del|di"
    r"|da|do|das|dos|della|dello|dei|ad|em|no|na|te|van|uit|w|we|z|i|på|från|в|на|из|у)\s+(?:the |la |le"
    r" |el |den? |der |het )?(?P<place>[^\W\d_]+)",
    re.IGNORECASE,
)
_AND = frozenset(["and", "und", "et", "y", "e", "ed", "en", "i", "och", "и", "ve", "و"])
_ELISION = re.compile(r"\A(?:[cdjlmnst]|qu|jusqu|lorsqu|dell|all|nell|sull|dall|quest|un)'")
_GLUED = frozenset("万萬만亿億억千兆조")
"""Magnitudes of unspaced scripts, which the next word follows at once."""
_ROMAN = re.compile(r"(?:X{0,2}(?:IX|IV|V?I{1,3}|V)|X{1,3})\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """What two headlines are compared by.

    `words` are folded, in their order, without those that say nothing; `names` those of them
    written as names where the headline's spelling tells; `numbers` stand as plain decimals;
    `meanings` has what belongs to a group of contrasts, `negated` whether one word denies,
    `agent` is by whom something is done, where a passive names somebody, `paired` the words on both
    sides of an "and", whose order says nothing, `subjects` what Japanese marks as the doer,
    `bystanders` what a label or a preposition of place names: it does nothing to anybody.
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

    @property
    def weight(self) -> float:
        """How much it says: a letter of an unspaced script is about half a word."""
        return sum(map(weight, self.words)) + len(self.numbers)

    @property
    def is_generic(self) -> bool:
        """Whether it is made of words of standing headings, and hardly any other."""
        saying = [word for word in self.words if not lexicon().is_generic(word)]
        parts = "".join(word for word in self.words if is_unspaced(word))
        if parts:
            for word in sorted(lexicon().generic, key=len, reverse=True):
                parts = parts.replace(word, "")
            saying = [word for word in saying if not is_unspaced(word)] + list(parts)
        return sum(map(weight, saying)) < 1.5 or 3 * len(saying) <= len(self.words)


def weight(word: str) -> float:
    """How much a word says beside others."""
    return 0.5 if is_unspaced(word) and len(word) == 1 else 1.0


def is_unspaced(word: str) -> bool:
    """Whether it is of a script that is compared letter by letter."""
    return "\u0e00" <= word[0] <= "\u0e7f" or "\u3040" <= word[0] <= "\u9fff"


def without_label(title: str) -> str:
    """The headline without "Breaking:", "[Video]" and the like before it."""
    while (shorter := _LABEL.sub("", title, count=1)) != title and shorter:
        title = shorter
    return title


def heads(title: str, names: Sequence[str]) -> str:
    """The headline without its site's name at either end; `names` are names the source goes by."""
    known = [name for name in map(_squeezed, names) if name]
    pieces = _pieces(without_label(title))
    while len(pieces) > 1 and _is_site(pieces[-1][1], known):
        pieces.pop()
    while len(pieces) > 1 and _is_site(pieces[0][1], known):
        pieces.pop(0)
    text = "".join(separator + piece for separator, piece in pieces)
    head, colon, rest = text.partition(": ")
    return rest if colon and rest and _squeezed(head) in known else text.strip(" |–—-")


def tail_of(title: str) -> tuple[str, str]:
    """The headline and what a dash or bar parts from its end; "" where nothing does."""
    pieces = _pieces(without_label(title))
    if len(pieces) < 2:
        return title, ""
    *front, (_separator, tail) = pieces
    return "".join(separator + piece for separator, piece in front), tail


def _pieces(title: str) -> list[tuple[str, str]]:
    """The parts of a headline, each with the separator before it."""
    pieces, start, separator = [], 0, ""
    for match in _SEPARATOR.finditer(title):
        if match.start() > start:
            pieces.append((separator, title[start : match.start()]))
            separator = match[0]
            start = match.end()
    pieces.append((separator, title[start:]))
    return pieces


def _is_site(piece: str, known: Sequence[str]) -> bool:
    squeezed = _squeezed(piece)
    if not squeezed:
        return True
    if any(squeezed == name or (len(squeezed) > 2 and squeezed in name) for name in known):
        return True
    short = len(piece.split()) <= 4 and len(piece) <= 40 and not any(map(str.isdigit, piece))
    return short and _PUBLISHER.search(piece) is not None and not piece[:1].islower()


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", folded(text))


@lru_cache(maxsize=20_000)
def headline(title: str, language: str = "") -> Headline:
    """The headline taken apart; `language` is its article's, where that is known."""
    words: list[str] = []
    names: set[str] = set()
    numbers: set[str] = set()
    meanings: set[tuple[str, int]] = set()
    paired: set[frozenset[str]] = set()
    after_and = False
    spelled = language != "de" and _tells_names(title)
    tokens = list(_TOKEN.finditer(title))
    for place, match in enumerate(tokens):
        if match["number"]:
            numbers.add(_value(match["number"], tokens[place + 1 :], title))
        elif match["unspaced"]:
            meanings.update(lexicon().meanings_within(folded(match[0])))
            words += _unspaced_words(folded(match[0]), after_number=_follows_number(tokens, place))
        else:
            word = _plain(match[0])
            if word in _MAGNITUDE and _follows_number(tokens, place):
                continue
            if _ROMAN.match(match[0]) and len(match[0]) > 1:
                numbers.add(f"roman {match[0]}")
                continue
            if word == "no" and (language == "pt" or _precedes_number(tokens, place)):
                continue  # "in the" in Portuguese; "No. 7"
            found = lexicon().meanings(word)
            meanings.update(found)
            after_and = after_and or word in _AND
            if word and word not in lexicon().functional:
                if after_and and words:
                    paired.add(frozenset((words[-1], word)))
                after_and = False
                words.append(word)
                quoted = title[: match.start()][-1:] in tuple('«“„"『「')
                inside = place > 0 or match[0].isupper() or quoted
                if spelled and match[0][:1].isupper() and inside:
                    names.add(word)
    numbers |= {str(place + 2) for group, place in meanings if group == "number"}
    return Headline(
        words=tuple(
            word for word in words if not _is(word, meanings, "number") or is_unspaced(word)
        ),
        names=frozenset(names),
        numbers=frozenset(numbers),
        meanings=frozenset(pair for pair in meanings if pair[0] not in ("number", "negation")),
        negated=any(group == "negation" for group, _place in meanings),
        agent=_plain(agent["agent"]) if (agent := _PASSIVE.search(title)) else "",
        paired=frozenset(paired),
        subjects=frozenset(map(folded, _SUBJECT.findall(title))),
        bystanders=_bystanders(title),
    )


def words_of(text: str) -> frozenset[str]:
    """The words of a running text that say something, its numbers among them."""
    found: set[str] = set()
    tokens = list(_TOKEN.finditer(text))
    for place, match in enumerate(tokens):
        if match["number"]:
            found.add(_value(match["number"], tokens[place + 1 :], text))
        elif match["unspaced"]:
            letters = folded(match[0])
            found.update(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))
        else:
            word = _plain(match[0])
            if word and word not in lexicon().functional:
                found.update(_as_number(word) or (word,))
    return frozenset(found)


def language_of(text: str) -> str:
    """The language of a headline with its text, by its functional words; "" where none is known."""
    return lexicon().language(re.findall(r"[^\W\d_]+", folded(text)))


def names_in(text: str) -> frozenset[str]:
    """Words that a running text writes as names, in the midst of its sentences."""
    found = re.finditer(r"(?<=[\w,;’'\"] )[^\W\d_]+|(?<=\w [“«„(\"])[^\W\d_]+", text)
    return frozenset(_plain(match[0]) for match in found if match[0][:1].isupper())


def _bystanders(title: str) -> frozenset[str]:
    found: set[str] = set()
    for match in _PLACE.finditer(title):
        found.update(map(_plain, re.findall(r"[^\W\d_]+", match["label"] or match["place"])))
    return frozenset(found)


def _plain(word: str) -> str:
    word = folded(word).replace(".", "").replace("’", "'")
    word = _ELISION.sub("", word.removesuffix("'s"))
    if "\u0600" <= word[:1] <= "\u06ff" and len(word) > 4:
        word = re.sub(r"\A[وفبل]?ال", "", word)
    return word


def _as_number(word: str) -> tuple[str, ...]:
    """What a number word counts: "three" is 3."""
    return tuple(
        str(place + 2) for group, place in lexicon().words.get(word, ()) if group == "number"
    )


def _is(word: str, meanings: Iterable[tuple[str, int]], group: str) -> bool:
    return any(pair in meanings and pair[0] == group for pair in lexicon().words.get(word, ()))


def _tells_names(title: str) -> bool:
    """Whether capitals are names: not where most words have one."""
    words: list[str] = re.findall(r"[^\W\d_]{4,}", title)[1:]
    capital = sum(word[0].isupper() for word in words)
    return bool(words) and capital <= len(words) * 0.6


def _follows_number(tokens: Sequence[re.Match[str]], place: int) -> bool:
    return place > 0 and tokens[place - 1]["number"] is not None


def _precedes_number(tokens: Sequence[re.Match[str]], place: int) -> bool:
    return place + 1 < len(tokens) and tokens[place + 1]["number"] is not None


def _unspaced_words(letters: str, *, after_number: bool) -> Iterator[str]:
    if after_number and letters[0] in _MAGNITUDE:
        letters = letters[1:]
    if "\uac00" <= letters[:1] <= "\ud7a3":
        yield letters
        return
    yield from letters


def _value(number: str, following: Sequence[re.Match[str]], text: str) -> str:
    """The number as a plain decimal, with the magnitude that is written behind it."""
    digits = re.sub(r"[\u00a0\u202f']", "", number)
    # 1,600,000 and 1.600.000 are whole; 1.6 and 1,6 are not; 18.1.2 is a version.
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits) and not re.fullmatch(r"\d[.]\d{3}", digits):
        digits = re.sub(r"[.,]", "", digits)
    digits = digits.replace(",", ".")
    if digits.count(".") > 1:
        return digits
    factor = 1.0
    if following:
        unit = folded(following[0][0])
        gap = text[: following[0].start()][-1:]
        glued = unit[:1] if unit[:1] in _GLUED else unit
        factor = _MAGNITUDE.get(glued, 1.0)
        if len(unit) == 1 and unit.isascii() and gap == " ":
            factor = 1.0  # "5 m" is as likely metres
    return f"{float(digits) * factor:.10g}" if factor != 1.0 else digits
