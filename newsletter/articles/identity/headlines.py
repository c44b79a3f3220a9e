"""The parts of a headline: its words, numbers and names, and their meanings in contrasts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from newsletter.articles.identity.actors import (
    agent_of,
    bystanders_of,
    is_sale,
    origins_of,
    places_of,
    subjects_of,
)
from newsletter.articles.identity.lexicon import folded, is_unspaced, lexicon
from newsletter.articles.identity.phrases import in_one_word
from newsletter.articles.identity.tokens import (
    MAGNITUDES,
    TOKEN,
    follows_number,
    number_at,
    plain,
    word_value,
)

ACTIONS = frozenset(
    ("rise", "approve", "arrest", "confirm", "buy", "win", "cancel", "open", "join")
)
"""Groups of contrasts that are events."""
_AND = frozenset(["and", "und", "et", "y", "e", "ed", "en", "i", "och", "и", "ve", "و"])
_SUBORDINATE = frozenset(["after", "following", "as", "amid", "while", "before", "because", "despite", "during", "over", "nach",
    "weil", "wahrend", "wegen", "vor", "apres", "avant", "alors", "tras", "despues", "antes", "dopo",
    "mentre", "prima", "apos", "depois", "sonra", "после", "перед", "из", "po", "przed", "efter", "innan",
    "بعد", "قبل"])  # fmt: skip
_FORETELLS = re.compile(
    r"\b(?:will|set to|likely to|expected to|poised to|about to|may|could|might|soll|sollen|könnte|könnten|devrait|pourrait"
    r"|va|vont|podría|va a|vai|vão|deve|pode|dovrebbe|potrebbe|zal|zullen|kan|ska|kommer att|ma|mogą|może|может|должн\w+)\b"
    r"|[^\W\d_]{2}(?:[aei]rán?|[aei]rão|[ei]rà|[ei]ranno|[ei]ront)\b",
    re.IGNORECASE,
)
"""Words and endings of the future tense and of expectations."""
_SCORE = re.compile(r"\d+(?:[:–-]|\s+-\s+)\d+(?!\S)")
_BREAK = re.compile(r"[,;:.!?–—―|()\[\]+…·•،؛、。：；！？，（）｜]|\s-+\s")
_ROMAN = re.compile(r"(?:X{0,2}(?:IX|IV|V?I{1,3}|V)|X{1,3})\Z")


class Link(Enum):
    """What stands between a word and the word before it."""

    NOTHING = "nothing"
    FUNCTIONAL = "functional"
    """A word such as "in" or "of"."""
    SUBORDINATE = "subordinate"
    """A word that makes what follows a circumstance, such as "after"."""
    POSSESSIVE = "possessive"
    """An "'s", after which the word names what belongs to the word before it."""
    BREAK = "break"
    """A comma, colon, dash or another mark between two clauses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A word or a number of a headline, and what links it to the part before it."""

    word: str
    link: Link
    is_number: bool
    is_capital: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The parts by which two headlines are compared.

    `words` are folded and in their order, without functional words. `names` are the words
    written as names, where the spelling of the headline distinguishes names. `numbers` are plain
    decimals. `meanings` are the members of groups of contrasts, and `negated` says whether a word
    negates; `denied` are the words that follow such a word. `agent` is the person or thing that a passive clause names as acting. `paired` are the
    words on both sides of an "and", whose order does not matter. `subjects` are the words that
    Japanese and Korean mark as the subject. `bystanders` are named by a label or by a preposition
    of place, so they do not act. `origins` are the places that something comes from, `places` those where it happens. `parts` are
    the words and the numbers in their order. `events` are the names in `events.txt` of what each
    word may tell of. `foretells` says whether it speaks of what is to come. `left_out` is the number of words that `phrases.txt` spared.
    """

    words: tuple[str, ...]
    names: frozenset[str]
    numbers: frozenset[str]
    meanings: frozenset[tuple[str, int]]
    negated: bool
    denied: frozenset[str]
    agent: str
    paired: frozenset[frozenset[str]]
    subjects: frozenset[str]
    bystanders: frozenset[str]
    origins: frozenset[str]
    places: frozenset[str]
    parts: tuple[Part, ...]
    events: frozenset[frozenset[str]]
    foretells: bool
    left_out: int

    @property
    def weight(self) -> float:
        """How much the headline says, in words: a letter of an unspaced script is half a word."""
        return sum(map(weight, self.words)) + len(self.numbers) + self.left_out

    @property
    def told(self) -> frozenset[str]:
        """The names of all events that it may tell of."""
        return frozenset().union(*self.events)

    @property
    def asks(self) -> bool:
        """Whether it explains or asks, rather than reports."""
        return "explain" in self.told

    @property
    def is_generic(self) -> bool:
        """Whether nearly all its words are those of recurring headings, such as "Weekly roundup"."""
        saying = [word for word in self.words if word not in lexicon().generic]
        parts = "".join(word for word in self.words if is_unspaced(word))
        if parts:
            for word in sorted(lexicon().generic.whole, key=len, reverse=True):
                parts = parts.replace(word, "")
            saying = [word for word in saying if not is_unspaced(word)] + list(parts)
        return sum(map(weight, saying)) < 1.5 or 3 * len(saying) <= len(self.words)


def weight(word: str) -> float:
    """The weight of a word, compared with a usual word of 1."""
    return 0.5 if is_unspaced(word) and len(word) == 1 else 1.0


@lru_cache(maxsize=20_000)
def headline(title: str, language: str = "") -> Headline:
    """Take the headline apart; `language` is that of its article, "" where it is not known."""
    long, title = title, in_one_word(title)
    parts = _Parts(title, language)
    for index in range(len(parts.tokens)):
        parts.add(index)
    if is_sale(title) and ("buy", 1) in parts.meanings:
        parts.meanings ^= {("buy", 1), ("buy", 0)}
    return Headline(
        words=tuple(part.word for part in parts.parts if not part.is_number),
        names=frozenset(parts.names),
        numbers=frozenset(part.word for part in parts.parts if part.is_number),
        meanings=frozenset(
            pair for pair in parts.meanings if pair[0] not in ("number", "negation")
        ),
        negated=any(group == "negation" for group, _value in parts.meanings),
        denied=frozenset(parts.denied),
        agent=agent_of(title),
        paired=frozenset(parts.paired),
        subjects=subjects_of(title),
        bystanders=bystanders_of(title),
        origins=origins_of(title),
        places=places_of(title),
        parts=tuple(parts.parts),
        events=frozenset(parts.events),
        foretells=("day", 2) in parts.meanings or bool(_FORETELLS.search(title)),
        left_out=max(0, len(long.split()) - len(title.split())),
    )


class _Parts:
    """The parts, names and meanings of a headline, collected token by token."""

    def __init__(self, title: str, language: str) -> None:
        self.tokens = list(TOKEN.finditer(title))
        self.parts: list[Part] = []
        self.names: set[str] = set()
        self.meanings: set[tuple[str, int]] = set()
        self.events: set[frozenset[str]] = set()
        self.denied: set[str] = set()
        self.paired: set[frozenset[str]] = set()
        self._title = title
        self._language = language
        self._capitals_are_names = language != "de" and _capitals_are_names(title)
        self._after_and = False
        self._after_not = False
        self._link = Link.NOTHING

    def add(self, index: int) -> None:
        """Add what the token at `index` says; tokens are added in their order."""
        match = self.tokens[index]
        between = self._title[self.tokens[index - 1].end() if index else 0 : match.start()]
        apart = between and match["unspaced"]
        if apart or _BREAK.search(between) or _SCORE.match(self._title, match.start()):
            self._link = Link.BREAK
        if match["number"]:
            self._append(number_at(self.tokens, index, self._title), index, is_number=True)
        elif match["unspaced"]:
            self._add_unspaced(index)
        else:
            self._add_word(index)

    def _append(self, word: str, index: int, *, is_number: bool = False) -> None:
        capital = self.tokens[index][0][0].isupper()
        part = Part(word=word, link=self._link, is_number=is_number, is_capital=capital)
        self.parts.append(part)
        self._link = Link.NOTHING

    def _add_unspaced(self, index: int) -> None:
        letters = folded(self.tokens[index][0])
        for group, value, end in lexicon().contrasts.meanings_within(letters):
            self.meanings.add((group, value))
            if group == "negation":
                self.denied.update(letters[end : end + 1])
        for name, _index, _end in lexicon().events.meanings_within(letters):
            self.events.add(frozenset((name,)))
        after_number = follows_number(self.tokens, index)
        for word in lexicon().dispensable.whole:
            letters = letters.replace(word, "") if is_unspaced(word) else letters
        for word in _unspaced_words(letters, after_number=after_number):
            self._append(word, index)

    def _add_word(self, index: int) -> None:
        match = self.tokens[index]
        word = plain(match[0])
        if word in MAGNITUDES and follows_number(self.tokens, index):
            return
        if _ROMAN.match(match[0]) and len(match[0]) > 1:
            self._append(f"roman {match[0]}", index, is_number=True)
            return
        if word == "no" and (self._language == "pt" or _precedes_number(self.tokens, index)):
            return  # "in the" in Portuguese; "No. 7"
        if word == "v" and _precedes_number(self.tokens, index):
            return  # "v4.2"
        functional = lexicon().functional.get(word, ())
        if word_value(word) and self._language not in functional:
            self._append(number_at(self.tokens, index, self._title), index, is_number=True)
            return
        meanings = contrasts_of(word)
        self.meanings.update(meanings)
        if events := events_of(word):
            self.events.add(events)
        self._after_not = self._after_not or any(group == "negation" for group, _ in meanings)
        self._after_and = self._after_and or word in _AND
        initial = self._is_initial(index)
        if word == "s" and self._title[: match.start()].endswith(("'", "’")):
            self._link = Link.POSSESSIVE
            return
        if not word or (functional and not initial):
            if self._link is not Link.BREAK:
                self._link = Link.SUBORDINATE if word in _SUBORDINATE else Link.FUNCTIONAL
            return
        if self._after_and and self.parts:
            self.paired.add(frozenset((self.parts[-1].word, word)))
        if self._after_not:
            self.denied.add(word)
        self._after_and = self._after_not = False
        self._append(word, index)
        quoted = self._title[: match.start()][-1:] in tuple('«“„"『「')
        inside = index > 0 or match[0].isupper() or quoted
        named = self._capitals_are_names and match[0][:1].isupper() and inside
        if initial or (named and len(word) > 1):
            self.names.add(word)

    def _is_initial(self, index: int) -> bool:
        """Whether the token is a capital letter that is a name, as in "Team A"."""
        letter = self.tokens[index][0]
        after = self._title[self.tokens[index].end() :][:1]
        alone = index > 0 and len(letter) == 1 and letter.isupper() and after in ("", " ", ",", ":")
        return alone and self._capitals_are_names and letter != "I"


@lru_cache(maxsize=50_000)
def contrasts_of(word: str) -> tuple[tuple[str, int], ...]:
    """The meanings of a word in `contrasts.txt`."""
    return lexicon().contrasts.meanings(word)


@lru_cache(maxsize=50_000)
def events_of(word: str) -> frozenset[str]:
    """The names of the events that a word may tell of, with those of contrasts: "buy", "rise 0"."""
    actions = (f"{group} {index}" for group, index in contrasts_of(word) if group in ACTIONS)
    return frozenset((*(name for name, _ in lexicon().events.meanings(word)), *actions))


def mentions_in(parts: Sequence[Part]) -> Iterator[frozenset[str]]:
    """The events that each word may tell of."""
    for part in parts:
        yield events_of(part.word)
    letters = "".join(part.word for part in parts if is_unspaced(part.word))
    for name, _index, _end in lexicon().events.meanings_within(letters):
        yield frozenset((name,))


def words_of(text: str) -> frozenset[str]:
    """The words of a running text without functional words, with its numbers."""
    found: set[str] = set()
    functional = lexicon().functional
    tokens = list(TOKEN.finditer(text))
    for index, match in enumerate(tokens):
        if match.lastgroup == "unspaced":
            letters = folded(match[0])
            found.update(letters[at : at + 2] for at in range(max(1, len(letters) - 1)))
            continue
        word = plain(match[0]) if match.lastgroup == "word" else ""
        if not word or word_value(word):
            found.add(number_at(tokens, index, text))
        elif word not in functional:
            found.add(word)
    found.discard("")
    return frozenset(found)


def languages_of(text: str) -> frozenset[str]:
    """The languages that a headline with its text may have, by its functional words."""
    return lexicon().languages(re.findall(r"[^\W\d_]+", folded(text)))


def names_in(text: str) -> frozenset[str]:
    """Words that a running text capitalises within its sentences, as names are."""
    found = re.finditer(r"(?<=[\w,;’'\"] )[^\W\d_]+|(?<=\w [“«„(\"])[^\W\d_]+", text)
    return frozenset(plain(match[0]) for match in found if match[0][:1].isupper())


def _capitals_are_names(title: str) -> bool:
    """Whether capitals mark names: not in a headline that capitalises most of its words."""
    words: list[str] = re.findall(r"[^\W\d_]{4,}", title)[1:]
    capital = sum(word[0].isupper() for word in words)
    return bool(words) and capital <= len(words) * 0.6


def _precedes_number(tokens: Sequence[re.Match[str]], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1]["number"] is not None


def _unspaced_words(letters: str, *, after_number: bool) -> Iterator[str]:
    if after_number and letters[0] in MAGNITUDES:
        letters = letters[1:]
    if "\uac00" <= letters[:1] <= "\ud7a3":
        yield letters
        return
    yield from letters
