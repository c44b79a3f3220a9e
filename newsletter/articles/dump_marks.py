"""Recognises the lines beside an article's title in a text dump: by-lines, dates, requests for consent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newsletter.articles.dates import read_date_line
from newsletter.articles.dump_bylines import (
    byline_near_title,
    is_lone_mark,
    is_person_of_page,
    pieces_about,
)
from newsletter.articles.dump_lines import DumpLine

_DATED = re.compile(
    r".*\b(?:19|20)\d\d\b.{0,20}\b\d{1,2}[:.h]\d\d.*|.*\b\d{1,2}[:.]\d\d\b.{0,20}\b(?:19|20)\d\d\b.*"
)
_DATE_BREAK = re.compile(
    r"\s+[|•·–—-]\s+|\s*[|•·]\s*|(?<=(?:19|20)\d\d)\s+(?=\d)|(?<=[a-z])\s+(?=\d)"
)
_BESIDE = 2
"""Lines from title or date within which a name without a mark may be the writer's."""
_NEAR = 5
"""Lines below the title within which it may be if it stands on the page again."""
COOKIES = re.compile(
    r"\bcookies?\b|\bconsent\b|einwilligung|vie privée|privacidad|java\s?script|\bad ?blocker"
    r"|browser version|(?:dein|ihr|your|votre) browser",
    re.IGNORECASE,
)
"""Requests for consent, and what pages say to browsers without scripts."""


def marks_follow(lines: Sequence[DumpLine], at: int) -> bool:
    """Whether a by-line or a date is among the lines below, buttons aside."""
    below = [line.text for line in lines[at + 1 : at + 12] if line.boilerplate is None]
    return any(is_mark(text) or is_lone_mark(text) for text in below[:4])


@lru_cache(maxsize=4096)
def is_mark(text: str) -> bool:
    """Whether the line says who wrote an article, or when; it may be a name only."""
    return states_author_or_date(text) or pieces_about(text) is not None


def states_author_or_date(text: str) -> bool:
    """Whether the line is marked as a by-line, or has a date with a time."""
    if len(text) <= 120 and _DATED.fullmatch(text):
        return True
    return any(byline_near_title(text) or ())


def has_date(text: str) -> bool:
    """Whether the line has a date, whatever else it has."""
    return len(text) <= 120 and any(map(read_date_line, (text, *_DATE_BREAK.split(text))))


def is_writer(name: str, texts: Sequence[str], at: int, title: int) -> bool:
    """Whether a name without a mark, at `at` on a whole page, is the writer's.

    It stands beside the title or a date, or near the title and again elsewhere; and it is written
    like no section, button or phrase of the page.
    """
    beside_date = any(has_date(text) for text in texts[max(0, at - _BESIDE) : at + _BESIDE + 1])
    near_title = 0 < at - title <= (_BESIDE if texts.count(name) == 1 else _NEAR)
    return (beside_date or near_title) and is_person_of_page(name, texts, title)
