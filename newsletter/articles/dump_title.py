"""Finds the title of a text dump, also of a whole page that begins with its navigation.

Each line above the text gets points for what it has in common with titles; the best is the title.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from newsletter.articles.dump_body import body_start
from newsletter.articles.dump_bylines import furniture_share, is_lone_mark
from newsletter.articles.dump_lines import DumpLine, ends_sentence, is_caption
from newsletter.articles.dump_marks import (
    has_date,
    is_mark,
    marks_follow,
    states_author_or_date,
)
from newsletter.articles.page_titles import title_without_site

_SHORT = 3
"""Words up to which a line may be an entry of a menu rather than a headline."""
_ON_SUBJECT = 0.4
"""The share of a headline's words that the article it belongs to has."""
_FEW = 3
"""Lines above the text up to which a dump begins with its title."""
_LONGEST = 250
"""In characters."""
_FAR = 12
"""Lines between title and text beyond which no further line counts."""
_NAVIGATION = re.compile(r"[#>»›«←→/]|.*[»›→]\Z")
"""Breadcrumbs, tags, and links to the articles before and after."""
_LAST_CRUMB = re.compile(r"\s[>»›]\s+(?P<page>[^>»›]{12,200})\Z")
"""The end of a line that says where on its site the page is."""
_ADDRESS = re.compile(r"\bhttps?://|\bwww\.")
_SENTENCE = 8
"""Words from which a line with a full stop is a sentence rather than a headline."""
_QUOTATION = re.compile(r"[\"“„«][^\"”“»]{12,}[\"”“»]")
"""A line that is a quotation and nothing else."""
_BARS = re.compile(r"\s[|•·/]\s")
_NEVER = -20.0
"""What a line is worth that cannot be a title: a by-line, tags, a label of one word."""

_POINTS: Mapping[str, float] = {
    "words of the text": 3.5,
    "words of buttons": -1.5,
    "lines apart": -0.25,
    "several words": 4.0,
    "as long as headlines": 1.0,
    "marked as a heading": 3.0,
    "by-line or date follows": 3.0,
    "deck follows": 1.5,
    "below a date": 1.0,
    "repeated": 2.0,
    "first": 1.5,
    "alone": 1.5,
    "full stop": -1.0,
    "bars": -1.5,
    "caption": -2.5,
}
"""What each property of a line is worth, fitted to dumps of pages whose titles are known."""


def find_title(lines: Sequence[DumpLine], above: Sequence[bool]) -> int:
    """The index of the title; `above` says for each line that it cannot be the title itself."""
    first = next((at for at, other in enumerate(above) if not other), 0)
    start = body_start(lines)
    head = [at for at in range(first, start) if not above[at]]
    if not head:
        return first
    page = _Head(lines=lines, head=head, start=start)
    few = len(head) <= _FEW and not any(lines[at].heading for at in head)
    if few and page.points(first) > _NEVER:
        return first
    return max(head, key=lambda at: (page.points(at), -at))


class _Head:
    """The lines above the text of a dump, which begins at `start`; `head` are those that may be the title."""

    def __init__(self, *, lines: Sequence[DumpLine], head: Sequence[int], start: int) -> None:
        self._lines = lines
        self._head = head
        self._start = start
        paragraphs = (line.text for line in lines[start : start + 40] if line.prose)
        self._body = _content_words(" ".join(paragraphs))
        self._apart = _lines_apart(lines, head)
        crumbs = (_LAST_CRUMB.search(line.text) for line in lines[:start])
        self._crumbs = frozenset(crumb["page"].casefold() for crumb in crumbs if crumb)

    def points(self, at: int) -> float:
        """How much speaks for the line as the title."""
        line = self._lines[at]
        if self._is_never(line) or self._is_cut_short(at):
            return _NEVER
        return sum(_POINTS[name] * value for name, value in self._properties(at).items())

    def _properties(self, at: int) -> dict[str, float]:
        """What speaks for and against the line; all but shares and distances are 0 or 1."""
        line = self._lines[at]
        text = line.text
        place = bisect_left(self._head, at)
        size = _words_of(text)
        several = size > _SHORT
        above = (self._lines[other].text for other in self._head[:place])
        is_deck = self._deck_follows(at - 1)
        has_deck = self._deck_follows(at) and not is_deck
        repeated = several and (
            text.casefold() in self._crumbs or sum(_repeats(other, text) for other in above) == 1
        )
        stops = ends_sentence(text) and not text.endswith(("?", "!", "”", '"', "»"))
        return {
            "words of the text": self._subject(text),
            "words of buttons": furniture_share(text),
            "lines apart": self._apart[at],
            "several words": several,
            "as long as headlines": 5 <= size <= 20,
            "marked as a heading": line.heading,
            "by-line or date follows": not is_deck and marks_follow(self._lines, at + has_deck),
            "deck follows": has_deck,
            "below a date": at > 0
            and self._apart[at] < _SHORT
            and has_date(self._lines[at - 1].text),
            "repeated": repeated,
            "first": place == 0 and self._subject(text) > _ON_SUBJECT,
            "alone": self._is_alone(at),
            "full stop": stops and size >= _SENTENCE,
            "bars": len(_BARS.findall(text)) > 1,
            "caption": is_caption(text),
        }

    def _deck_follows(self, at: int) -> bool:
        """Whether a longer line on the same subject, or a quotation, stands right below a headline."""
        if at < self._head[0] or at + 1 >= self._start:
            return False
        text, below = self._lines[at].text, self._lines[at + 1].text
        if _QUOTATION.fullmatch(below):
            return _words_of(text) > _SHORT and self._subject(text) > _ON_SUBJECT / 2
        if len(below) <= len(text) or _words_of(text) < _SHORT or is_mark(below):
            return False
        return min(self._subject(text), self._subject(below)) > _ON_SUBJECT

    def _is_cut_short(self, at: int) -> bool:
        """Whether the next line begins with all of this one: a caption, after the picture's words."""
        text = self._lines[at].text
        below = self._lines[at + 1].text if at + 1 < len(self._lines) else ""
        return len(below) > len(text) and _words_of(text) > _SENTENCE and below.startswith(text)

    def _is_never(self, line: DumpLine) -> bool:
        text = line.text
        if len(text) > _LONGEST or line.tags is not None:
            return True
        if _NAVIGATION.match(text) or _ADDRESS.search(text):
            return True
        return _words_of(text) < 2 or states_author_or_date(text)

    def _subject(self, text: str) -> float:
        """The share of the words of the text that the article has."""
        own = _content_words(text)
        return len(own & self._body) / max(2, len(own))

    def _is_alone(self, at: int) -> bool:
        """Whether empty lines stand above and below."""
        block = self._lines[at].block
        around = (at - 1, at + 1)
        return all(other < 0 or self._lines[other].block != block for other in around)


def _lines_apart(lines: Sequence[DumpLine], head: Sequence[int]) -> Mapping[int, int]:
    """For each line of the head, how many lines below it say nothing about an article.

    Between a title and its text stand a deck, names, dates, captions and buttons.
    """
    counts: dict[int, int] = {}
    apart = 0
    for at in reversed(head):
        counts[at] = apart
        apart += apart < _FAR and not _belongs(lines[at])
    return counts


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


def _words_of(text: str) -> int:
    """The number of words; two ideographs count as one."""
    ideographs = len(re.findall(r"[\u3040-\ud7ff]", text))
    return (
        len(re.findall(r"[^\W\d_][\w'’\-]*", re.sub(r"[\u3040-\ud7ff]", " ", text)))
        + ideographs // 2
    )


def _content_words(text: str) -> set[str]:
    """Words of four letters or more, and pairs of ideographs."""
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    ideographs = re.findall(r"[\u3040-\ud7ff]+", text)
    pairs = {part[at : at + 2] for part in ideographs for at in range(len(part) - 1)}
    return set(words) | pairs
