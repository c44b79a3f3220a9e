"""What is known about the words of an article's tags: its own words, the site's tags, word lists.

Costs say how likely a text is a label, the lower the likelier. They are compared in glued_tags.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from newsletter.articles.place_names import place_names
from newsletter.articles.tags import Vocabulary

_LABEL, _TOPIC, _PHRASE, _NAME, _OWN_WORD = 1.0, 1.3, 1.5, 1.5, 2.0
_PLACE = 1.8
_COMMON_WORD = 2.6
_FUNCTION_WORD = 1.0
_RARER = 0.175
"""What a word of the lists costs more for each tenth part of its frequency."""
_RARE, _SHORT_RARE = 0.7, 0.7
"""What a word costs more for each tenth part of its frequency below one in a million."""
_RAREST = 10**-7.5
_LONGEST_WORD = 24
_EVERYWHERE = 6.5
"""The frequency of words that are in every text, on Zipf's scale."""
_LISTED_SHORT = frozenset(
    ["ai", "eu", "uk", "us", "tv", "vr", "ar", "3d", "4g", "5g", "ps4", "ps5"]
)
"""Words of two letters that stand alone as labels; no other so short word is looked for."""
_FUNCTION_WORDS = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "are",
        "was",
        "not",
        "but",
        "his",
        "her",
        "its",
        "their",
        "your",
        "our",
        "all",
        "into",
        "over",
        "a",
        "an",
        "of",
        "in",
        "on",
        "to",
        "at",
        "by",
        "or",
        "as",
        "is",
        "be",
        "der",
        "die",
        "das",
        "und",
        "für",
        "mit",
        "von",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "im",
        "zu",
        "les",
        "des",
        "une",
        "du",
        "de",
        "la",
        "le",
        "et",
        "en",
        "un",
        "el",
        "los",
        "las",
        "y",
        "del",
        "por",
        "para",
        "con",
        "una",
        "o",
        "il",
        "lo",
        "gli",
        "e",
        "di",
        "da",
        "che",
        "het",
        "een",
        "van",
        "os",
        "as",
        "do",
        "da",
        "com",
        "em",
    ]
)
"""Words that are part of a label, but not a label."""
_ARTICLES = frozenset(
    [
        "the",
        "der",
        "die",
        "das",
        "les",
        "le",
        "la",
        "el",
        "los",
        "las",
        "il",
        "lo",
        "gli",
        "un",
        "une",
        "uno",
        "una",
        "a",
        "an",
    ]
)
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "pl")
_BY_SCRIPT = (
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Costs of whole labels by their folded spelling, and of single words."""

    labels: Mapping[str, float]
    words: Mapping[str, float]
    listed: Mapping[str, float]

    def label_cost(self, label: str) -> float | None:
        """The cost of a text that is known as a whole; None for any other."""
        return self.labels.get(label)

    def word_cost(self, word: str) -> float | None:
        """The cost of one word within a label; None for an unknown one."""
        return self.words.get(word)

    def rarity(self, word: str) -> float:
        """How rare a word is that only the lists of words have, from 0 to 1; 0 for other words."""
        return min(1.0, max(0.0, (_EVERYWHERE - self.listed.get(word, 9)) / 3))

    def may_be_label(self, words: Sequence[str]) -> bool:
        """Whether the words may be a whole label: one does not end with "of", or begin with it."""
        if not words or words[-1] in _FUNCTION_WORDS:
            return False
        return words[0] not in _FUNCTION_WORDS - _ARTICLES or len(words) > 3


def make_lexicon(vocabulary: Vocabulary, body: str, run: str) -> Lexicon:
    """What is known for the tags `run` of an article with the text `body`."""
    own = Counter(folded(word) for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", body))
    languages = _languages(run, own)
    listed: dict[str, float] = {}
    for words_of_list in (_word_list("en", "large"), *map(_word_list, languages)):
        for word in _pieces(run) & words_of_list.keys():
            listed[word] = max(listed.get(word, 0), words_of_list[word])
    words = {word: _listed_cost(word, commonness) for word, commonness in listed.items()}
    words.update(dict.fromkeys(_LISTED_SHORT, _COMMON_WORD + 1))
    words.update(dict.fromkeys(_FUNCTION_WORDS, _FUNCTION_WORD))
    acronyms = re.findall(r"\b[A-Z][A-Z0-9]\b", body)
    words.update((folded(acronym), _OWN_WORD + 1) for acronym in acronyms)
    for form, cost in _forms(own):
        words[form] = min(words.get(form, 99), cost)
        listed.pop(form, None)
    known = {
        folded(label): _LABEL
        for label in (*vocabulary.labels, *vocabulary.labels.values(), *vocabulary.aliases)
    }
    labels = {
        **dict.fromkeys(_substrings(run, body), _PHRASE),
        **{folded(name): _NAME for name in _names(body)},
        **{folded(name): _PLACE for code in languages for name in place_names(code)},
        **dict.fromkeys(_topics(), _TOPIC),
        **known,
    }
    for label, cost in labels.items():
        if " " not in label:
            words[label] = min(words.get(label, 99), cost)
            listed.pop(label, None)
        for word in label.split():
            if len(word) > 2:
                words[word] = min(words.get(word, 99), cost + 0.5)
    return Lexicon(labels=labels, words=words, listed=listed)


def _forms(own: Iterable[str]) -> Iterator[tuple[str, float]]:
    """The words of the article in singular and plural, with their costs."""
    for word in own:
        if len(word) >= 3 and not word.isdigit():
            for form, more in ((word, 0.0), (f"{word}s", 0.2), (word.removesuffix("s"), 0.2)):
                yield form, _OWN_WORD + more + (0.5 if len(form) == 3 else 0)


def folded(text: str) -> str:
    """The spelling by which labels are compared."""
    return " ".join(text.casefold().replace("-", " ").split())


def _names(body: str) -> list[str]:
    names = re.findall(r"[^\W\d_a-z][\w’'\-]{2,}(?:\s[^\W\d_a-z][\w’'\-]+){0,2}", body)
    return [name for name in names if " " in name] + [
        part for name in names for part in name.split() if len(part) > 2
    ]


def _substrings(run: str, body: str) -> list[str]:
    """The ideographs of the run that the article has beside each other at least twice."""
    found: list[str] = []
    for part in re.findall(r"[\u3040-\u30ff\u3400-\u9fff]{2,}", run):
        for length in range(2, 9):
            for at in range(len(part) - length + 1):
                piece = part[at : at + length]
                if piece in body:
                    found.append(piece)
    return [piece.casefold() for piece in found]


def _pieces(run: str) -> set[str]:
    """All parts of the run that may be a word."""
    text = folded(run)
    return {
        text[at : at + length]
        for at in range(len(text))
        for length in range(2, min(_LONGEST_WORD, len(text) - at) + 1)
    }


def _listed_cost(word: str, commonness: float) -> float:
    """The cost of a word of the lists by its frequency on Zipf's scale, from 1 to 8."""
    rare = max(0.0, 3 - commonness)
    short = _SHORT_RARE * rare if len(word) < 6 else 0.0
    return _COMMON_WORD + _RARER * (8 - commonness) + _RARE * rare + short


def _languages(run: str, own: Collection[str]) -> Sequence[str]:
    """English and the article's language, by the script of the tags, or by the article's words."""
    language = next((code for code, letters in _BY_SCRIPT if letters.search(run)), "")
    if not language and len(own) >= 20:
        language = max(_LANGUAGES, key=lambda code: sum(word in _word_list(code) for word in own))
    return tuple(dict.fromkeys(("en", language or "en")))


@cache
def _word_list(language: str, size: str = "small") -> Mapping[str, float]:
    import math

    from wordfreq import get_frequency_dict  # It is slow to load, and few dumps have glued tags.

    shortest = 4 if size == "large" else 2 if language in ("zh", "ja", "ko") else 3
    return {
        word: math.log10(frequency) + 9
        for word, frequency in get_frequency_dict(language, wordlist=size).items()
        if frequency > _RAREST and len(word) >= shortest and word.replace("'", "").isalpha()
    }


@cache
def _topics() -> tuple[str, ...]:
    """Common subjects of news, from topics.txt."""
    text = files("newsletter.articles").joinpath("topics.txt").read_text(encoding="utf-8")
    return tuple(folded(line) for line in text.splitlines() if line.strip())
