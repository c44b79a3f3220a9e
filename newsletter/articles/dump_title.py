"""Finds the title of a text dump, also of a whole page that begins with its navigation.

Each line above the text gets points for what it has in common with titles; the best is the title.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from newsletter.articles.bylines import is_name
from newsletter.articles.dump_body import body_start
from newsletter.articles.dump_bylines import furniture_share, is_lone_mark, pieces_about
from newsletter.articles.dump_lines import DumpLine, ends_sentence, is_caption
from newsletter.articles.dump_marks import (
    COOKIES,
    is_mark,
    marks_follow,
    states_author_or_date,
)
from newsletter.articles.page_titles import title_without_site

_SHORT = 3
"""Words from which a line may be a headline rather than an entry of a menu."""
_ON_SUBJECT = 0.3
"""The share of a headline's words that the article it belongs to has."""
_LONGEST = 250
"""In characters."""
_FAR = 12
"""Lines between title and text beyond which no further line counts."""
_AROUND = 3
"""Lines above and below that show whether a line is one of a menu."""
_NAVIGATION = re.compile(r"[#>»›«←→/]|.*[»›→]\Z")
"""Breadcrumbs, tags, and links to the articles before and after."""
_DIGIT = re.compile(r"\d")
_UNTITLED = re.compile(
    r"(?:by|photos?|images?|videos?|credits?|related|read|watch|see|more|gallery|published|updated|posted|filed|from)\b",
    re.IGNORECASE,
)

_POINTS: Mapping[str, float] = {
    "a sentence long": 1.5,
    "about": -0.5,
    "adjacent": -1.0,
    "alone": 1.5,
    "apart": -1.0,
    "bars": -2.0,
    "begins as another thing": -0.5,
    "caption": -2.5,
    "consent": -2.0,
    "first": 2.0,
    "first of few": 1.5,
    "full stop": -1.0,
    "heading": 2.5,
    "long": -0.5,
    "lower case": -0.5,
    "mark follows": 2.0,
    "mark is next": 0.5,
    "menu": 1.5,
    "name": -1.0,
    "never": -8.0,
    "off subject": -1.0,
    "repeats near": 1.0,
    "repeats one": 1.5,
    "subject": 4.0,
    "three words": -1.0,
    "two words": -2.0,
    "with the site's name": -5.0,
}
"""What each property of a line is worth, fitted to dumps of pages whose titles are known."""


def find_title(lines: Sequence[DumpLine], above: Sequence[bool]) -> int:
    """The index of the title; `above` says for each line that it cannot be the title itself."""
    first = next((at for at, other in enumerate(above) if not other), 0)
    start = body_start(lines)
    head = [at for at in range(first, start) if not above[at]]
    if not head:
        return first
    page = make_head(lines, head, start)
    return max(head, key=lambda at: (_points(page.properties(at)), -at))


def _points(properties: Mapping[str, float]) -> float:
    """The points of a line with such properties."""
    return sum(_POINTS[name] * value for name, value in properties.items())


def make_head(lines: Sequence[DumpLine], head: Sequence[int], start: int) -> Head:
    """The head of a dump whose text begins at `start`."""
    body = " ".join(line.text for line in lines[start : start + 40] if line.prose)
    strangers: dict[int, int] = {}
    apart = 0
    for at in reversed(head):
        strangers[at] = apart
        apart += apart < _FAR and not _belongs(lines[at])
    return Head(lines=lines, head=head, start=start, body=content_words(body), strangers=strangers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The lines above the text of a dump; `head` are those that may be the title.

    `body` are the words of the text. `strangers` counts, for each line, the lines below that say
    nothing about an article: between a title and its text stand a deck, names, dates, captions
    and buttons.
    """

    lines: Sequence[DumpLine]
    head: Sequence[int]
    start: int
    body: Set[str]
    strangers: Mapping[int, int]

    def properties(self, at: int) -> dict[str, float]:
        """What speaks for and against the line as the title; most are 0 or 1."""
        line = self.lines[at]
        text = line.text
        size = words_of(text)
        if self._is_never(line, size):
            return {"never": 1.0}
        subject = self._subject(text)
        place = bisect_left(self.head, at)
        apart = self.strangers[at]
        repeated = [at for at in self.head[:place] if _repeats(self.lines[at].text, text)]
        below = self.lines[at + 1].text
        return {
            "subject": subject,
            "off subject": float(subject == 0),
            "two words": float(size == 2),
            "three words": float(size == _SHORT),
            "a sentence long": float(5 <= size <= 20),
            "long": float(size > 25),
            "apart": min(_FAR, apart) / 4,
            "adjacent": float(apart == 0),
            "full stop": float(
                ends_sentence(text) and not text.endswith(("?", "!", "”", '"', "»"))
            ),
            "consent": float(COOKIES.search(text) is not None),
            "caption": float(is_caption(text)),
            "about": float(pieces_about(text) is not None),
            "name": float(is_name(text)),
            "mark follows": float(marks_follow(self.lines, at)),
            "mark is next": float(is_mark(below) or is_lone_mark(below)),
            "repeats one": float(size > _SHORT and len(repeated) == 1),
            "with the site's name": float(self._has_site_name(at)),
            "repeats near": float(
                size > _SHORT and len(repeated) == 1 and at - repeated[0] <= _SHORT
            ),
            "heading": float(line.heading),
            "menu": self._menu_share(at),
            "first": float(place == 0 and subject > _ON_SUBJECT),
            "first of few": float(place == 0 and len(self.head) <= 4),
            "begins as another thing": float(_UNTITLED.match(text) is not None),
            "lower case": float(text[:1].islower()),
            "bars": float(len(re.findall(r"\s[|·•/]\s", text)) > 1),
            "alone": float(self._is_alone(at)),
        }

    def _is_never(self, line: DumpLine, size: int) -> bool:
        text = line.text
        if len(text) > _LONGEST or line.tags is not None or _NAVIGATION.match(text):
            return True
        return size < 2 or states_author_or_date(text)

    def _subject(self, text: str) -> float:
        """The share of the words of the text that the article has."""
        own = content_words(text)
        return len(own & self.body) / max(2, len(own))

    def _has_site_name(self, at: int) -> bool:
        """Whether a line below is the same headline without the name of the site."""
        text = self.lines[at].text
        below = (self.lines[other].text for other in self.head if other > at)
        return any(_repeats(text, other) and other != text for other in below)

    def _menu_share(self, at: int) -> float:
        """The share of the lines around that are as short as the entries of menus."""
        around = [
            self.lines[other].text
            for other in range(max(0, at - _AROUND), min(self.start, at + _AROUND + 1))
            if other != at
        ]
        short = sum(words_of(text) <= _SHORT and not _DIGIT.search(text) for text in around)
        return short / len(around) if around else 0.0

    def _is_alone(self, at: int) -> bool:
        """Whether empty lines stand above and below."""
        block = self.lines[at].block
        neighbours = (at - 1, at + 1)
        return all(
            not 0 <= other < len(self.lines) or self.lines[other].block != block
            for other in neighbours
        )


def _belongs(line: DumpLine) -> bool:
    """Whether the line may stand between a title and its text."""
    return (
        line.boilerplate is not None
        or line.tags is not None
        or line.prose
        or len(line.text.split()) == 1
        or is_mark(line.text)
        or is_lone_mark(line.text)
        or is_caption(line.text)
        or furniture_share(line.text) >= 0.5
    )


def _repeats(earlier: str, text: str) -> bool:
    """Whether an earlier line is the title of the page: the headline, perhaps with the site."""
    if len(text) < 12 or earlier[:12].casefold() != text[:12].casefold():
        return False
    if earlier[: len(text)].casefold() != text.casefold():
        return False
    return (
        title_without_site(earlier, sites=(), heading=text) == text
        and len(earlier) < len(text) + 60
    )


def words_of(text: str) -> int:
    """The number of words; two ideographs count as one."""
    ideographs = len(re.findall(r"[\u3040-\ud7ff]", text))
    return (
        len(re.findall(r"[^\W\d_][\w'’\-]*", re.sub(r"[\u3040-\ud7ff]", " ", text)))
        + ideographs // 2
    )


def content_words(text: str) -> set[str]:
    """Words of four letters or more, and pairs of ideographs."""
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    ideographs = re.findall(r"[\u3040-\ud7ff]+", text)
    pairs = {part[at : at + 2] for part in ideographs for at in range(len(part) - 1)}
    return set(words) | pairs
