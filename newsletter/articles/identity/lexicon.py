"""The words that decide whether two headlines may report one story, in fifteen languages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
"""Scripts written without spaces, or (Korean) with particles attached to words."""
_UNSPACED = re.compile(f"[{UNSPACED}]")
SHORT = 4
"""A beginning of so few Latin letters counts only before the ending of a form: "fran*" is not "France"."""


FEWEST = 3
"""No beginning or end of a word has fewer letters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """Meanings by whole word, by beginning or end of a word, and by part of unspaced text.

    A meaning is a group and an index in that group: ("weekday", 0) is Monday.
    """

    words: Mapping[str, tuple[tuple[str, int], ...]]
    beginnings: Mapping[str, tuple[tuple[str, int], ...]]
    ends: Mapping[str, tuple[tuple[str, int], ...]]
    parts: Mapping[str, tuple[tuple[str, int], ...]]
    parts_pattern: re.Pattern[str]
    by_first_letters: Mapping[str, tuple[str, ...]]
    """The beginnings by their first letters, longest first; most words have none of these."""
    by_last_letters: Mapping[str, tuple[str, ...]]
    """The ends by their last letters, longest first."""

    def meanings(self, word: str) -> tuple[tuple[str, int], ...]:
        """The meanings of a folded word."""
        if found := self.words.get(word):
            return found
        for beginning in self.by_first_letters.get(word[:FEWEST], ()):
            if word.startswith(beginning) and (
                len(beginning) > SHORT or not word.isascii() or word[len(beginning) :] in endings()
            ):
                return self.beginnings[beginning]
        for end in self.by_last_letters.get(word[-FEWEST:], ()):
            if word.endswith(end) and len(end) < len(word):
                return self.ends[end]
        return ()

    def meanings_within(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The meanings of all parts of unspaced text, each with the place where the part ends."""
        for match in self.parts_pattern.finditer(text):
            for group, index in self.parts[match[0]]:
                yield group, index, match.end()


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Whole words and beginnings of words."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]

    def __contains__(self, word: str) -> bool:
        """Whether it is one of the words or begins with one of the beginnings."""
        return word in self.whole or word.startswith(self.beginnings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Groups of contrasts, words for one event, functional words, and words of recurring headings.

    `developments` are the events that make another story if only one article tells of them, `steps` those
    of them that do so whatever else both tell, and
    `consequences` those of them that a disaster may have; `implied` events need not be said. A
    dispensable word only says how the news is told.
    `functional` has the languages in which a word is functional, such as "the".
    """

    contrasts: Groups
    events: Groups
    developments: frozenset[str]
    steps: frozenset[str]
    disasters: frozenset[str]
    consequences: frozenset[str]
    implied: frozenset[str]
    functional: Mapping[str, tuple[str, ...]]
    generic: Words
    dispensable: Words

    def languages(self, words: Iterable[str]) -> frozenset[str]:
        """The languages with the most functional words among `words`."""
        known = self.functional
        counts = Counter(code for word in words if word in known for code in known[word])
        return frozenset(code for code in counts if counts[code] == max(counts.values()))


def folded(text: str) -> str:
    """The text in lower case without accents (NFKC); letters of other scripts stay."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ł", "l").replace("ø", "o")
    text = text.replace("ı", "i").replace("đ", "d").replace("ß", "ss")
    if text.isascii():
        return text
    spread = unicodedata.normalize("NFD", text)
    bare = "".join(
        sign for sign in spread if not (unicodedata.combining(sign) and sign not in "\u3099\u309a")
    )
    return unicodedata.normalize("NFC", bare)


def is_unspaced(word: str) -> bool:
    """Whether the word is of a script that is compared letter by letter."""
    return "\u0e00" <= word[0] <= "\u0e7f" or "\u3040" <= word[0] <= "\u9fff"


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon of this package, read once."""
    functional: dict[str, list[str]] = {}
    for line in lines_of("functional.txt"):
        for word in set(map(folded, line[4:].split())):
            functional.setdefault(word, []).append(line[1:3])
    return Lexicon(
        contrasts=_groups(_contrasts()),
        events=_groups((name, 0, words) for _heading, name, words in _events()),
        developments=_headed("developments")
        | _headed("steps")
        | _headed("disasters")
        | _headed("consequences"),
        steps=_headed("steps"),
        disasters=_headed("disasters"),
        consequences=_headed("consequences"),
        implied=_headed("implied"),
        functional={word: tuple(codes) for word, codes in functional.items()},
        generic=_words("generic.txt"),
        dispensable=_words("dispensable.txt"),
    )


def _words(name: str) -> Words:
    words = {word for line in lines_of(name) for word in map(folded, line.split())}
    return Words(
        whole=frozenset(word for word in words if not word.endswith("*")),
        beginnings=tuple(sorted(word[:-1] for word in words if word.endswith("*"))),
    )


def _contrasts() -> Iterator[tuple[str, int, str]]:
    """Each line of the groups of contrasts, with its group and its index."""
    group, index = "", 0
    for line in lines_of("contrasts.txt"):
        if line.startswith("["):
            group, index = line.strip("[]"), 0
        else:
            yield group, index, line
            index += 1


def _events() -> Iterator[tuple[str, str, str]]:
    """Each line of `events.txt`: its heading, its name and its words."""
    heading = ""
    for line in lines_of("events.txt"):
        if line.startswith("["):
            heading = line.strip("[]")
        else:
            name, _, words = line.partition(": ")
            yield heading, name, words


def _headed(wanted: str) -> frozenset[str]:
    """The names of the events below a heading of `events.txt`."""
    return frozenset(name for heading, name, _words in _events() if heading == wanted)


def _groups(lines: Iterable[tuple[str, int, str]]) -> Groups:
    words: dict[str, list[tuple[str, int]]] = {}
    beginnings: dict[str, list[tuple[str, int]]] = {}
    ends: dict[str, list[tuple[str, int]]] = {}
    parts: dict[str, list[tuple[str, int]]] = {}
    for group, index, line in lines:
        for word in map(folded, line.split()):
            into = parts if _UNSPACED.search(word) else words
            if word.endswith("*"):
                into, word = beginnings, word[:-1]
            elif word.startswith("*"):
                into, word = ends, word[1:]
            meanings = into.setdefault(word, [])
            if (group, index) not in meanings:
                meanings.append((group, index))
    longest_first = sorted(parts, key=lambda part: (-len(part), part))
    return Groups(
        words={word: tuple(meanings) for word, meanings in words.items()},
        beginnings={word: tuple(meanings) for word, meanings in beginnings.items()},
        ends={word: tuple(meanings) for word, meanings in ends.items()},
        parts={word: tuple(meanings) for word, meanings in parts.items()},
        parts_pattern=re.compile("|".join(map(re.escape, longest_first)) or r"(?!)"),
        by_first_letters=_grouped(beginnings, slice(FEWEST)),
        by_last_letters=_grouped(ends, slice(-FEWEST, None)),
    )


def _grouped(parts: Iterable[str], letters: slice) -> dict[str, tuple[str, ...]]:
    """The beginnings or ends of words by some of their letters, the longest first."""
    groups: dict[str, list[str]] = {}
    for part in sorted(parts, key=lambda part: (-len(part), part)):
        groups.setdefault(part[letters], []).append(part)
    return {key: tuple(several) for key, several in groups.items()}


@lru_cache(maxsize=1)
def endings() -> frozenset[str]:
    """The endings of the forms of words, and none."""
    return frozenset(
        ("", *(folded(word) for line in lines_of("endings.txt") for word in line.split()))
    )


def lines_of(name: str) -> Iterator[str]:
    """The lines of a word list of this package."""
    text = (files("newsletter.articles.identity") / name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))
