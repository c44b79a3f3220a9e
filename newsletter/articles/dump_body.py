"""Finds where the article begins in a text dump: the largest run of prose; and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.articles.boilerplate import Boilerplate
from newsletter.articles.dump_lines import DumpLine
from newsletter.articles.dump_marks import COOKIES, marks_follow, states_author_or_date

_LONG_HEADLINE = 110
"""In characters: a sentence so short, above a by-line, is a headline."""
_MARKED_RUN = 6
"""How many times longer than the text below a by-line the comments may be that follow it."""
_NEAR = 12
"""Lines within which a by-line or a date belongs to the text below."""
_GAP = 12
"""Lines without prose that end a run of paragraphs."""


def body_start(lines: Sequence[DumpLine]) -> int:
    """The index of the first paragraph of the largest run of prose, or of the first large one."""
    runs: list[tuple[int, int]] = []  # (first line, letters)
    last = -_GAP - 1
    for at, line in enumerate(lines):
        if line.boilerplate is Boilerplate.END:
            last = min(last, at - _GAP - 1)
        if not line.prose or line.boilerplate or COOKIES.search(line.text):
            continue
        if _is_long_headline(lines, at):
            continue
        if runs and at - last <= _GAP:
            runs[-1] = (runs[-1][0], runs[-1][1] + len(line.text))
        else:
            runs.append((at, len(line.text)))
        last = at
    largest = max((letters for _at, letters in runs), default=0)
    for at, letters in runs:
        marked = any(states_author_or_date(line.text) for line in lines[max(0, at - _NEAR) : at])
        if letters * (_MARKED_RUN if marked else 2) >= largest:
            return _below_mark(lines, at)
    return 0


def _is_long_headline(lines: Sequence[DumpLine], at: int) -> bool:
    text = lines[at].text
    if (at and lines[at - 1].prose) or not marks_follow(lines, at):
        return False
    return text.endswith(("!", "?")) or len(text) <= _LONG_HEADLINE


def _below_mark(lines: Sequence[DumpLine], at: int) -> int:
    """The first paragraph below a by-line or date that stands among the first ones of a run.

    What is above it is a deck, or belongs to the page.
    """
    below = range(at + 1, min(len(lines), at + _NEAR + 1))
    next_prose = next((other for other in below if lines[other].prose), 0)
    marked = any(states_author_or_date(lines[other].text) for other in range(at + 1, next_prose))
    return next_prose if marked else at


def page_end(lines: Sequence[DumpLine], at: int, prose: int) -> int:
    """The last line between title and text that ends articles, as "Comments" does; `at` for none.

    Where a paragraph stands above it, it ends an article.
    """
    ends = [other for other in range(at, prose) if lines[other].boilerplate is Boilerplate.END]
    last = ends[-1] if ends else at
    return at if any(line.prose for line in lines[at:last]) else last


def prose_after(lines: Sequence[DumpLine]) -> list[int]:
    """For each line, how many paragraphs of prose follow before the next boilerplate or tags."""
    counts = [0] * len(lines)
    for at in range(len(lines) - 2, -1, -1):
        below = lines[at + 1]
        ends = below.boilerplate in (Boilerplate.END, Boilerplate.PLUG) or below.tags is not None
        if not ends:
            counts[at] = counts[at + 1] + (below.prose and below.boilerplate is None)
    return counts
