"""Reads a text dump of an article page: title, deck, body, tags, by-line, and boilerplate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.articles.boilerplate import Boilerplate, boilerplate_of
from newsletter.articles.bylines import is_agency, is_name, read_byline
from newsletter.articles.dates import read_date_line, without_date_marker
from newsletter.articles.dump_lines import DumpLine, ends_sentence, is_biography, read_lines
from newsletter.articles.glued_tags import split_glued
from newsletter.articles.sanitize import clean_text
from newsletter.articles.tags import Vocabulary
from newsletter.articles.urls import canonical_url

MAX_TEXT = 1_000_000
"""In characters; the rest of a longer dump is ignored, because articles are near the top."""
MAX_DECK = 300
_AHEAD = 4
"""Lines within which a second piece of boilerplate confirms a heading that may be the article's."""
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
    labels, unsplit = _labels(reader.tag_lines, vocabulary, " ".join(reader.paragraphs))
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
_META_BREAK = re.compile(
    r"\s*[|•·]\s*|\s+[-–—]\s+|\s+(?:on|am|le|el|il|op)\s+(?=\d|[A-Z][a-z]+,? \d)|,\s+(?=\d{1,2}[. ]|\d{4}-)"
    r"|,\s+(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,? )"
)


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

    def read(self) -> None:
        """Read all lines."""
        at = self._head()
        at = self._body(at)
        self._tail(at)

    def _head(self) -> int:
        """Read title, deck and the lines about the article; returns the index where the body begins."""
        texts = [line.text for line in self.lines]
        self.prose_after = _prose_after(self.lines)
        at = next((i for i, text in enumerate(texts) if not _is_above_title(text)), 0)
        if not texts:
            return 0
        for text in texts[:at]:
            if boilerplate_of(text) is None and not _BREADCRUMB.fullmatch(text):
                self._take_about(text)
        self.title = texts[at]
        at += 1
        while at < len(texts):
            after_tags = self._take_tags(at)
            if after_tags:
                at = after_tags
            elif self.lines[at].boilerplate or self._take_about(texts[at]):
                at += 1
            elif not self.deck and self._is_deck(at):
                self.deck = texts[at]
                at += 1
            else:
                return at
        return at

    def _body(self, at: int) -> int:
        """Read the paragraphs; returns the index where the tail begins."""
        while at < len(self.lines):
            line = self.lines[at]
            if self._ends_here(at):
                return at
            after_tags = self._take_tags(at) if len(self.paragraphs) < _BODY_BEFORE_TAGS else 0
            if after_tags:
                at = after_tags
                continue
            if line.boilerplate not in (Boilerplate.LITTER, Boilerplate.PLUG):
                self.paragraphs.append(line.text)
            at += 1
        return at

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
        about = read_byline(line.text) or _pieces_about(line.text)
        return about is not None or is_biography(line.text)

    def _tail(self, at: int) -> None:
        """Read tags, by-line, agency, date and address between the body and the boilerplate."""
        while at < len(self.lines):
            line = self.lines[at]
            after_tags = self._take_tags(at)
            if after_tags:
                at = after_tags
                continue
            if line.boilerplate in (Boilerplate.END, Boilerplate.PERHAPS_END):
                break
            if not self._take_about(line.text):
                self._take_agency_by_place(at)
            at += 1
        if not self.tag_lines:
            # Some pages put their tags below the first lists of other articles.
            for index in range(at, len(self.lines)):
                if self.lines[index].explicit_tags and self._take_tags(index):
                    break

    def _take_about(self, text: str) -> bool:
        """Read what a line says about the article; returns whether it says nothing else."""
        address = _ADDRESS.fullmatch(text)
        if address and canonical_url(address["url"]):
            self.url = self.url or canonical_url(address["url"])
            return True
        about = _pieces_about(text)
        if about is None:
            return False
        author, agency, published = about
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
            if not _is_label(following) or (not same_list and is_name(following.text)):
                break
            below.append(following)
        self.tag_lines = self.tag_lines or [following.text for following in below]
        return at + 1 + len(below)

    def _is_deck(self, at: int) -> bool:
        text = self.lines[at].text
        if len(text) > MAX_DECK or self.paragraphs:
            return False
        if not ends_sentence(text):
            return True
        following = self.lines[at + 1 : at + 3]
        if following and (following[0].boilerplate or _pieces_about(following[0].text)):
            return True
        longest = max((len(other.text) for other in following if other.prose), default=0)
        return len(text) <= 220 and len(text) < longest * 0.8


def _prose_after(lines: Sequence[DumpLine]) -> list[int]:
    """For each line, how many paragraphs of prose follow before the next boilerplate or tags."""
    counts = [0] * len(lines)
    for at in range(len(lines) - 2, -1, -1):
        below = lines[at + 1]
        ends = below.boilerplate in (Boilerplate.END, Boilerplate.PLUG) or below.tags is not None
        if not ends:
            counts[at] = counts[at + 1] + (below.prose and below.boilerplate is None)
    return counts


def _pieces_about(text: str) -> tuple[str, str, datetime | None] | None:
    """(author, agency, date) of a line with nothing else; None for other lines."""
    if len(text) > 160:
        return None
    author = agency = ""
    published = read_date_line(text)
    if published:
        return "", "", published
    text = without_date_marker(text)
    for piece in [part for part in _META_BREAK.split(text) if part]:
        date = read_date_line(piece)
        byline = None if date else read_byline(piece)
        if date:
            published = published or date
        elif byline:
            author, agency = author or byline[0], agency or byline[1]
        elif boilerplate_of(piece) is not Boilerplate.LITTER:
            whole = read_byline(text)
            return (*whole, None) if whole else None
    return (author, agency, published) if author or agency or published else None


def _labels(
    lines: Sequence[str], vocabulary: Vocabulary, body: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of the tag lines; a single run without separators is split."""
    joined = "\n".join(lines)
    parts = re.split(r"[,;|•·\n\t、，；،؛]|\s/\s|\s+(?=#)|(?<=\w)#(?=\w)", joined)
    labels = tuple(part.strip(" #") for part in parts if part.strip(" #"))
    if len(labels) != 1:
        return labels, ()
    return split_glued(labels[0], vocabulary=vocabulary, body=body)


def _is_above_title(text: str) -> bool:
    return (
        boilerplate_of(text) is not None
        or _BREADCRUMB.fullmatch(text) is not None
        or _ADDRESS.fullmatch(text) is not None
        or read_date_line(text) is not None
    )


def _is_label(line: DumpLine) -> bool:
    return (
        len(line.text) <= 40
        and len(line.text.split()) <= 4
        and not ends_sentence(line.text)
        and line.boilerplate is None
        and not is_agency(line.text)
    )
