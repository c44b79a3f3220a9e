"""Finds the title of a text dump, also of a whole page that begins with its navigation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.articles.boilerplate import Boilerplate
from newsletter.articles.dates import read_date_line
from newsletter.articles.dump_bylines import (
    byline_near_title,
    furniture_share,
    is_lone_mark,
    pieces_about,
)
from newsletter.articles.dump_lines import DumpLine, ends_sentence, is_caption
from newsletter.articles.page_titles import title_without_site

_SHORT = 3
"""Words from which a line may be a headline rather than an entry of a menu."""
_FEW, _MANY = 3, 10
"""Lines between the title and the body of an article without, and with, by-lines and captions."""
_ON_SUBJECT = 0.3
"""The share of a headline's words that the article it belongs to has."""
_DECK = 1.5
"""How much better a deck may read than the title above it."""
_LONG_HEADLINE = 110
"""In characters: a sentence so short, above a by-line, is a headline."""
_MARKED_RUN = 6
"""How many times longer than the text below a by-line the comments may be that follow it."""
_NEAR = 12
"""Lines within which a by-line or a date belongs to the text below."""
_ABOVE_BEST = 5
"""Lines that may be the title above the last line of its deck."""
_DATED = re.compile(
    r".*\b(?:19|20)\d\d\b.{0,20}\b\d{1,2}[:.h]\d\d.*|.*\b\d{1,2}[:.]\d\d\b.{0,20}\b(?:19|20)\d\d\b.*"
)
_STRANGER, _FAR = 1.0, 4.0
"""What each line costs a title that stands between it and the text, and the most they cost."""
_BELOW_DATE = 1.5
"""What the date above a title is worth, as in blogs; today's date stands farther up."""
_NEVER = -8.0
"""What a line that is not a title is worth at most: a by-line, a date, a label of one word."""
_LIKELY = 2.0
"""What a line of a short dump is worth at least to be the title in place of such a first line."""
_NAVIGATION = re.compile(r"[#>»›«←→/]|.*[»›→]\Z")
"""Breadcrumbs, tags, and links to the articles before and after."""
_DATE_BREAK = re.compile(
    r"\s+[|•·–—-]\s+|\s*[|•·]\s*|(?<=(?:19|20)\d\d)\s+(?=\d)|(?<=[a-z])\s+(?=\d)"
)
_GAP = 12
"""Lines without prose that end a run of paragraphs."""
_COOKIES = re.compile(
    r"\bcookies?\b|\bconsent\b|einwilligung|vie privée|privacidad|java\s?script|\bad ?blocker"
    r"|browser version|(?:dein|ihr|your|votre) browser",
    re.IGNORECASE,
)


def body_start(lines: Sequence[DumpLine]) -> int:
    """The index of the first paragraph of the largest run of prose, or of the first large one."""
    runs: list[tuple[int, int]] = []  # (first line, letters)
    last = -_GAP - 1
    for at, line in enumerate(lines):
        if line.boilerplate is Boilerplate.END:
            last = min(last, at - _GAP - 1)
        if not line.prose or line.boilerplate or _COOKIES.search(line.text):
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
        marked = any(_states_author_or_date(line.text) for line in lines[max(0, at - _NEAR) : at])
        if letters * (_MARKED_RUN if marked else 2) >= largest:
            return _below_mark(lines, at)
    return 0


def _is_long_headline(lines: Sequence[DumpLine], at: int) -> bool:
    text = lines[at].text
    if (at and lines[at - 1].prose) or not _marks_follow(lines, at):
        return False
    return text.endswith(("!", "?")) or len(text) <= _LONG_HEADLINE


def _below_mark(lines: Sequence[DumpLine], at: int) -> int:
    """The first paragraph below a by-line or date that stands among the first ones of a run.

    What is above it is a deck, or belongs to the page.
    """
    below = range(at + 1, min(len(lines), at + _NEAR + 1))
    next_prose = next((other for other in below if lines[other].prose), 0)
    marked = any(_states_author_or_date(lines[other].text) for other in range(at + 1, next_prose))
    return next_prose if marked else at


def find_title(lines: Sequence[DumpLine], above: Sequence[bool]) -> int:
    """The index of the title; `above` says for each line that it cannot be the title itself.

    A dump of an article begins with it. Where the dump begins with a menu, the title is the line
    above the body that reads most like one: of several words, of the body's words, above a by-line.
    """
    first = next((at for at, other in enumerate(above) if not other), 0)
    start = body_start(lines)
    head = [at for at in range(first, start) if not above[at]]
    words = _content_words(" ".join(line.text for line in lines[start : start + 40] if line.prose))
    if not head:
        return first
    apart = _strangers_below(lines, head)
    scores = {
        at: _score(lines, head, place, words)
        - min(_FAR, _STRANGER * apart[place])
        + (_BELOW_DATE if at and apart[place] < 2 and _has_date(lines[at - 1].text) else 0.0)
        for place, at in enumerate(head)
    }
    best = max(head, key=lambda at: scores[at])
    begins = _begins_with_title([lines[at] for at in head], words)
    if begins and (scores[first] > _NEVER or scores[best] < _LIKELY):
        return first
    if _marks_follow(lines, best):  # what reads best may be the deck, whose title is above it
        run = head[max(0, head.index(best) - _ABOVE_BEST) : head.index(best)]
        for place, at in enumerate(run):
            fits = scores[at] >= scores[best] - 2 * _DECK and _words_of(lines[at].text) > _SHORT
            if lines[at].text.endswith(lines[best].text):
                continue
            beside = best - at == len(run) - place  # nothing else stands between them
            if beside and fits and _subject(lines[at].text, words) > _ON_SUBJECT:
                return at
    above_best = head[max(0, head.index(best) - 1)]
    if lines[above_best].text.endswith(lines[best].text):
        return best
    shorter = len(lines[above_best].text) < len(lines[best].text)
    on_subject = _subject(lines[above_best].text, words) > _ON_SUBJECT
    return (
        above_best
        if shorter and on_subject and scores[above_best] >= scores[best] - _DECK
        else best
    )


def _strangers_below(lines: Sequence[DumpLine], head: Sequence[int]) -> list[int]:
    """For each line of the head, how many below it say nothing about an article.

    Between a title and its text stand a deck, names, dates, captions and buttons.
    """
    counts = [0] * len(head)
    for place in range(len(head) - 2, -1, -1):
        below = lines[head[place + 1]]
        belongs = (
            below.boilerplate is not None
            or below.tags is not None
            or below.prose
            or len(below.text.split()) == 1
            or _is_mark(below.text)
            or is_lone_mark(below.text)
            or is_caption(below.text)
            or furniture_share(below.text) >= 0.5
        )
        counts[place] = counts[place + 1] + (not belongs)
    return counts


def _begins_with_title(head: Sequence[DumpLine], body: set[str]) -> bool:
    """Whether the lines above the body are those of an article, not of a page: few, or on its subject."""
    own = _content_words(head[0].text)
    on_subject = len(own & body) * 3 >= len(own) and _words_of(head[0].text) >= _SHORT
    menu = sum(_words_of(line.text) < _SHORT for line in head)
    return len(head) <= _FEW or (on_subject and len(head) <= _MANY and menu <= _FEW)


def _score(lines: Sequence[DumpLine], head: Sequence[int], place: int, body: set[str]) -> float:
    at = head[place]
    text = lines[at].text
    size = _words_of(text)
    if len(text) > 250 or lines[at].tags is not None or _NAVIGATION.match(text):
        return -9.0
    if size < 2 or _states_author_or_date(text):
        return -9.0
    subject = _subject(text, body)
    score = 5.0 * subject - 0.06 * (len(head) - place)
    score += 2.0 if 4 <= size <= 25 else 0.0
    score -= 4.0 * furniture_share(text)
    score -= 1.0 if ends_sentence(text) and not text.endswith(("?", "!", "”", '"', "»")) else 0.0
    score -= 3.0 if lines[at].prose or _COOKIES.search(text) or is_caption(text) else 0.0
    score -= 2.0 if _is_list(text) or pieces_about(text) else 0.0
    score += 2.0 if _marks_follow(lines, at) else 0.0
    repeated = [other for other in head[:place] if _repeats(lines[other].text, text)]
    if size > _SHORT and len(repeated) == 1 and at - repeated[0] <= _SHORT:
        return score + 3.0
    earlier = len(repeated)
    more = 3.0 if size > _SHORT else 1.0
    return score + (
        more if 1 <= earlier <= 2 and subject > _ON_SUBJECT else -2.0 if earlier else 0.0
    )


def _is_list(text: str) -> bool:
    """Whether commas part the text into pieces of a word or two, as they do tags."""
    return text.count(",") >= _SHORT and text.count(",") * 3 >= len(text.split())


def _has_date(text: str) -> bool:
    """Whether the line has a date, whatever else it has."""
    return len(text) <= 120 and any(map(read_date_line, (text, *_DATE_BREAK.split(text))))


def _marks_follow(lines: Sequence[DumpLine], at: int) -> bool:
    """Whether a by-line or a date is among the lines below, buttons aside."""
    below = [line.text for line in lines[at + 1 : at + 12] if line.boilerplate is None]
    return any(_is_mark(text) or is_lone_mark(text) for text in below[:4])


def _is_mark(text: str) -> bool:
    """Whether the line says who wrote an article, or when; it may be a name only."""
    return _states_author_or_date(text) or pieces_about(text) is not None


def _states_author_or_date(text: str) -> bool:
    """Whether the line is marked as a by-line, or has a date with a time."""
    if len(text) <= 120 and _DATED.fullmatch(text):
        return True
    return any(byline_near_title(text) or ())


def _subject(text: str, body: set[str]) -> float:
    """The share of the words of the text that the body has."""
    own = _content_words(text)
    return len(own & body) / max(2, len(own))


def _repeats(earlier: str, text: str) -> bool:
    """Whether an earlier line is the title of the page: the headline, perhaps with the site."""
    if len(text) < 12 or earlier[: len(text)].casefold() != text.casefold():
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
    words = re.findall(r"[^\W\d_]{4,}", text.casefold())
    ideographs = re.findall(r"[\u3040-\ud7ff]+", text)
    pairs = {part[at : at + 2] for part in ideographs for at in range(len(part) - 1)}
    return set(words) | pairs
