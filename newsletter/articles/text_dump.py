"""Reads a text dump of an article page: title, deck, body, tags, by-line, and boilerplate."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.articles.boilerplate import Boilerplate, boilerplate_of
from newsletter.articles.bylines import is_name, read_byline
from newsletter.articles.dates import read_date_line
from newsletter.articles.dump_body import body_start, page_end, prose_after
from newsletter.articles.dump_bylines import (
    byline_near_title,
    is_furniture_name,
    is_lone_mark,
    named_twice,
    names_below,
    pieces_about,
)
from newsletter.articles.dump_lines import (
    DumpLine,
    ends_sentence,
    is_biography,
    is_caption,
    is_label,
    read_lines,
    without_buttons,
)
from newsletter.articles.dump_marks import is_writer
from newsletter.articles.dump_title import find_title
from newsletter.articles.glued_tags import labels_of
from newsletter.articles.sanitize import clean_text
from newsletter.articles.tags import Vocabulary
from newsletter.articles.urls import canonical_url

MAX_TEXT = 1_000_000
"""In characters; the rest of a longer dump is ignored, because articles are near the top."""
MAX_DECK = 300
_AHEAD = 4
"""Lines within which a second piece of boilerplate confirms a heading that may be the article's."""
_ASIDE = 30
"""Lines of a list of other articles within an article."""
_BODY_BEFORE_TAGS = 2
"""The number of paragraphs from which a line of tags ends the body; earlier, it is above it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dump:
    """The contents of a dump. `unsplit` are labels that may be several labels, or part of one."""

    title: str
    deck: str = ""
    paragraphs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    unsplit: tuple[str, ...] = ()
    author: str = ""
    agency: str = ""
    published: datetime | None = None
    url: str = ""


def parse_dump(text: str, *, vocabulary: Vocabulary) -> Dump:
    """Read a dump. Never raises; an empty text gives an empty title.

    The title is the first line, the deck the second if it reads like one. The body ends at the
    first boilerplate (boilerplate.py), at the line of tags, or at a by-line that no prose follows;
    after it only tags, by-line, agency, date and address are read, up to the next boilerplate.
    """
    reader = _Reader(lines=read_lines(clean_text(text[:MAX_TEXT])))
    reader.read()
    words = " ".join((reader.title, reader.deck, reader.author, *reader.paragraphs))
    labels, unsplit = labels_of(reader.tag_lines, vocabulary, words)
    paragraphs = reader.paragraphs
    return Dump(
        title=reader.title,
        deck=reader.deck if paragraphs else "",
        paragraphs=tuple(paragraphs or ([reader.deck] if reader.deck else [])),
        labels=labels,
        unsplit=unsplit,
        author=reader.author,
        agency=reader.agency,
        published=reader.published,
        url=reader.url,
    )


_ADDRESS = re.compile(
    r"(?:(?:url|link|permalink|source|canonical(?: url)?|address|original(?: article)?|quelle|fuente|来源)\s*[:：]\s*)?"
    r"(?P<url>https?://\S+)",
    re.IGNORECASE,
)
_BREADCRUMB = re.compile(r"[^>»›]{1,40}(?:\s[>»›]\s[^>»›]{1,80})+")
_BULLET = re.compile(r"\s*(?:[-–—•*·▪◦]|\(?\d{1,2}[.)])\s")
_STAYS_OVER = re.compile(
    r".*\b(?:comments?|reply|response|conversation|discussion|kommentare?|commentaires?|comentarios?|commenti|reacties)\b.*"
    r"|.*(?:评论|評論|留言|コメント|комментар|التعليقات|댓글|©|copyright|privacy|cookie|terms|account|password|log ?in|sign in).*",
    re.IGNORECASE,
)
"""Boilerplate after which the article never goes on, however long the paragraphs below are."""
_MENU = 5
"""Lines above the title from which the dump is that of a whole page."""
_LONG_HEAD = 30
"""Lines between title and text from which a menu stands between them."""
_LONG_PARAGRAPHS = 3
"""Long paragraphs right after each other that show that a list of other articles was an aside."""


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Reads the lines once from top to bottom: head, body, tail."""

    lines: list[DumpLine]
    title: str = ""
    deck: str = ""
    author: str = ""
    agency: str = ""
    url: str = ""
    published: datetime | None = None
    prose_after: list[int] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    tag_lines: list[str] = field(default_factory=list)
    below_menu: bool = False

    def read(self) -> None:
        """Read all lines."""
        at = self._head()
        at = self._body(at)
        if self.below_menu:
            self.paragraphs = without_buttons(self.paragraphs)
        self._tail(at)

    def _head(self) -> int:
        """Read title, deck and the lines about the article; returns the index where the body begins."""
        texts = [line.text for line in self.lines]
        self.prose_after = prose_after(self.lines)
        if not texts:
            return 0
        title = find_title(self.lines, [_is_above_title(text) for text in texts])
        self.title = texts[title]
        at = title + 1
        prose = max(body_start(self.lines), at)
        self.below_menu = title > _MENU or prose - title > _LONG_HEAD
        page = page_end(self.lines, at, prose)
        while at < len(texts):
            taken = self._take_tags(at) or self._take_byline(at)
            if taken:
                at = taken
            elif self.lines[at].boilerplate or self._take_about(at, title):
                at += 1
            elif not self.deck and self._is_deck(at):
                self.deck = texts[at]
                at += 1
            elif at < page or (at < prose and self._is_between(at)):
                at += 1
            else:
                break
        # Far above the title is today's date, not the article's.
        for above in range(max(0, title - 3), title):
            if self.lines[above].boilerplate is None and not _BREADCRUMB.fullmatch(texts[above]):
                self._take_about(above, title)
        self.author = self.author or named_twice(texts, title)
        return at

    def _take_byline(self, at: int) -> int:
        """Take a marked by-line, on one line or on several; returns the next index, or 0."""
        text = self.lines[at].text
        if is_lone_mark(text):
            names, taken = names_below([line.text for line in self.lines[at + 1 : at + 9]])
            self.author = self.author or names
            return at + 1 + taken if taken else 0
        # A paragraph may begin with "By", but not in the middle of the head.
        about = None if self.lines[at].prose else byline_near_title(text)
        if about is None or not any(about):
            return 0
        complete = pieces_about(text)  # it may also have a date
        self.author = self.author or about[0]
        self.agency = self.agency or about[1] or (complete[1] if complete else "")
        self.published = self.published or (complete[2] if complete else None)
        return at + 1

    def _is_between(self, at: int) -> bool:
        """Whether a line between title and body is neither: a label, a caption, a button."""
        text = self.lines[at].text
        return is_caption(text) or (
            len(text) <= 80
            and not ends_sentence(text)
            and (self.below_menu or not _BULLET.match(text))
        )

    def _body(self, at: int) -> int:
        """Read the paragraphs; returns the index where the tail begins."""
        while at < len(self.lines):
            line = self.lines[at]
            beyond = self._beyond_aside(at)
            if beyond:
                at = beyond
                continue
            if self._ends_here(at):
                return at
            early = len(self.paragraphs) < _BODY_BEFORE_TAGS
            taken = (self._take_tags(at) or self._take_byline(at)) if early else 0
            if taken:
                at = taken
                continue
            if line.boilerplate not in (Boilerplate.LITTER, Boilerplate.PLUG):
                self.paragraphs.append(line.text)
            at += 1
        return at

    def _beyond_aside(self, at: int) -> int:
        """The index where the article goes on after a list of other articles; 0 if it does not."""
        line = self.lines[at]
        ends = line.boilerplate in (Boilerplate.END, Boilerplate.PERHAPS_END, Boilerplate.PLUG)
        if not ends or not self.paragraphs or _STAYS_OVER.fullmatch(line.text):
            return 0
        below = self.lines[at + 1 : at + 1 + _ASIDE]
        first = next((number for number, other in enumerate(below) if other.prose), len(below))
        if any(_stays_over(other) for other in below[:first]):
            return 0
        run = below[first : first + _LONG_PARAGRAPHS]
        goes_on = len(run) == _LONG_PARAGRAPHS and all(
            other.prose and not other.boilerplate for other in run
        )
        return at + 1 + first if goes_on and (first or line.boilerplate is Boilerplate.END) else 0

    def _ends_here(self, at: int) -> bool:
        line, prose_after = self.lines[at], self.prose_after[at]
        if line.boilerplate is Boilerplate.END:
            return True
        if line.boilerplate is Boilerplate.PERHAPS_END:
            following = self.lines[at + 1 : at + 1 + _AHEAD]
            return any(other.boilerplate for other in following) or not following
        if line.boilerplate is Boilerplate.PLUG:
            # One paragraph after it is an advertisement or a biography; more belong to the article.
            return prose_after < 2
        if line.boilerplate is Boilerplate.LITTER or prose_after or not self.paragraphs:
            return False
        if line.tags is not None and len(self.paragraphs) >= _BODY_BEFORE_TAGS:
            return True
        if read_byline(line.text) or pieces_about(line.text) or is_biography(line.text):
            return True
        return self._is_furniture(at)

    def _is_furniture(self, at: int) -> bool:
        """Whether a line below the last paragraph is a button or a menu's, as no sentence follows."""
        text = self.lines[at].text
        if is_furniture_name(text):
            return True
        if len(text) > 40 or ends_sentence(text) or _BULLET.match(text) or self.lines[at].prose:
            return False
        return not any(
            ends_sentence(other.text) and len(other.text) >= 25 and not other.boilerplate
            for other in self.lines[at + 1 : at + 3]
        )

    def _tail(self, at: int) -> None:
        """Read tags, by-line, agency, date and address between the body and the boilerplate."""
        while at < len(self.lines):
            line = self.lines[at]
            taken = self._take_tags(at) or (0 if self.author else self._take_byline(at))
            if taken:
                at = taken
                continue
            if line.boilerplate in (Boilerplate.END, Boilerplate.PERHAPS_END):
                break
            # Below the article of a whole page stand buttons that are written like names.
            if not self.below_menu and not self._take_about(at):
                self._take_agency_by_place(at)
            at += 1
        if not self.tag_lines:
            # Some pages put their tags below the first lists of other articles.
            for index in range(at, len(self.lines)):
                if self.lines[index].explicit_tags and self._take_tags(index):
                    break

    def _take_about(self, at: int, title: int = 0) -> bool:
        """Read what a line says about the article; returns whether it says nothing else."""
        text = self.lines[at].text
        address = _ADDRESS.fullmatch(text)
        if address and canonical_url(address["url"]):
            self.url = self.url or canonical_url(address["url"])
            return True
        about = pieces_about(text)
        if about is None:
            return False
        author, agency, published = about
        if (
            author
            and self.below_menu
            and not is_writer(author, [line.text for line in self.lines], at, title)
        ):
            return True
        self.author = self.author or author
        self.agency = self.agency or agency
        self.published = self.published or published
        return True

    def _take_agency_by_place(self, at: int) -> None:
        """Take the short line below the author's name as the agency."""
        text = self.lines[at].text
        above = self.lines[at - 1].text if at else ""
        if self.author and not self.agency and above == self.author and len(text) <= 50:
            titled = all(word[:1].isupper() for word in text.split() if len(word) > 3)
            if titled and not text.endswith((".", "!", "?", ":")) and not boilerplate_of(text):
                self.agency = text

    def _take_tags(self, at: int) -> int:
        """Take a line of tags, or a heading and the labels below; returns the next index, or 0."""
        line = self.lines[at]
        if line.tags is None:
            return 0
        if line.tags:
            self.tag_lines = self.tag_lines or [line.tags]
            return at + 1
        below: list[DumpLine] = []
        for following in self.lines[at + 1 :]:
            same_list = (
                following.block == line.block or not below or following.block == below[0].block
            )
            if not is_label(following) or (not same_list and is_name(following.text)):
                break
            below.append(following)
        self.tag_lines = self.tag_lines or [following.text for following in below]
        return at + 1 + len(below)

    def _is_deck(self, at: int) -> bool:
        text = self.lines[at].text
        if len(text) > MAX_DECK or self.paragraphs or is_caption(text):
            return False
        if not ends_sentence(text):
            return True
        following = self.lines[at + 1 : at + 3]
        if following and (following[0].boilerplate or pieces_about(following[0].text)):
            return True
        longest = max((len(other.text) for other in following if other.prose), default=0)
        return len(text) <= 220 and len(text) < longest * 0.8


def _stays_over(line: DumpLine) -> bool:
    return line.boilerplate is Boilerplate.END and _STAYS_OVER.fullmatch(line.text) is not None


def _is_above_title(text: str) -> bool:
    return (
        boilerplate_of(text) is not None
        or _BREADCRUMB.fullmatch(text) is not None
        or _ADDRESS.fullmatch(text) is not None
        or read_date_line(text) is not None
    )
