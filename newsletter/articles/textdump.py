"""A text dump of an article page: title, deck, body, then tags, by-line and the page's furniture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.articles.bylines import is_agency, is_name, read_byline
from newsletter.articles.dates import read_date_line
from newsletter.articles.furniture import Furniture, furniture_of
from newsletter.articles.glued import split_glued
from newsletter.articles.sanitize import clean_text
from newsletter.articles.tags import Vocabulary
from newsletter.articles.urls import canonical_url

MAX_TEXT = 1_000_000
"""Characters of one dump; an article stands at its top."""
MAX_DECK = 300
_PROSE = 80
"""Letters from which a line that ends as a sentence is a paragraph of an article."""
_AHEAD = 4
"""Lines within which a second piece of furniture confirms a heading that may be the article's."""
_BODY_BEFORE_TAGS = 2
"""Paragraphs after which a line of tags ends the body; before, it stands at the page's top."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dump:
    """What one dump holds. `unsplit` are those labels that may be several, or parts."""

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

    The title is the first line, the deck the second where it reads like one. The body ends at the
    first furniture (furniture.py), at the line of tags, or at a by-line that no prose follows;
    after it only tags, by-line, agency, date and address are looked for, up to the next furniture.
    """
    lines = list(_lines(clean_text(text[:MAX_TEXT])))
    reader = _Reader(lines=lines)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    text: str
    block: int
    """Lines of one block have no empty line between them."""


def _lines(text: str) -> Iterator[_Line]:
    """The lines of the text; paragraphs that were wrapped to a width are joined."""
    for number, block in enumerate(re.split(r"\n[ \t]*\n", text)):
        lines = [" ".join(line.split()) for line in block.split("\n")]
        lines = [line for line in lines if line]
        if _is_wrapped(lines):
            yield _Line(text=" ".join(lines), block=number)
        else:
            yield from (_Line(text=line, block=number) for line in lines)


def _is_wrapped(lines: Sequence[str]) -> bool:
    inner = lines[:-1]
    if not inner or any(len(line) > 120 for line in lines):
        return False
    ends = sum(_ends_sentence(line) for line in inner)
    return all(len(line) >= 40 for line in inner) and ends * 2 < len(inner) + 1


_TAG_WORDS = (
    r"tags?|tagged(?: (?:with|as|in|under))?|filed (?:under|in)|posted in|keywords?|topics?|labels?|categor(?:y|ies)"
    r"|related (?:topics|tags)|(?:read )?more (?:about|on)|in this (?:story|article)|schlagw[oö]rte?r?|stichw[oö]rte?r?"
    r"|themen|mots[- ]cl[ée]s?|étiquettes?|thèmes?|sujets?|etiquetas?|temas|palabras clave|palavras-chave|argomenti"
    r"|trefwoorden|onderwerpen|标签|標籤|关键词|關鍵字|タグ|キーワード|теги|метки|темы|الوسوم|كلمات مفتاحية"
)
_TAGS = re.compile(rf"(?:{_TAG_WORDS})\s*(?:(?P<colon>[:：])\s*|\s+|\Z)(?P<rest>.*)", re.IGNORECASE)
_GLUED_HEADING = re.compile(r"Tags(?P<rest>[^\W\d_].{5,})")
_ADDRESS = re.compile(
    r"(?:(?:url|link|permalink|source|canonical(?: url)?|address|original(?: article)?|quelle|fuente|来源)\s*[:：]\s*)?"
    r"(?P<url>https?://\S+)",
    re.IGNORECASE,
)
_BIO = re.compile(
    r".{0,60}\b(?:is|was|has been|ist|est|es) (?:an?|the|our|ein|eine|une?)\b.{0,120}\b(?:reporter|writer|editor|journalist"
    r"|correspondent|contributor|columnist|author|freelancer?|blogger|producer|redakteurin?|redactor|periodista)\b"
    r"|.{2,60}\b(?:covers|writes about|writes on|reports on|can be reached)\b",
    re.IGNORECASE,
)
_BREADCRUMB = re.compile(r"[^>»›]{1,40}(?:\s[>»›]\s[^>»›]{1,80})+")
_META_BREAK = re.compile(
    r"\s*[|•·]\s*|\s+[-–—]\s+|\s+(?:on|am|le|el|il|op)\s+(?=\d|[A-Z][a-z]+,? \d)|,\s+(?=\d{1,2}[. ]|\d{4}-)"
    r"|,\s+(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,? )"
)


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Walks down the lines once: head, body, tail."""

    lines: list[_Line]
    title: str = ""
    deck: str = ""
    author: str = ""
    agency: str = ""
    url: str = ""
    published: datetime | None = None
    paragraphs: list[str] = field(default_factory=list)
    tag_lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Fill in what the lines hold."""
        at = self._head()
        at = self._body(at)
        self._tail(at)

    def _head(self) -> int:
        """Title, deck and the lines about the article; returns where the body begins."""
        texts = [line.text for line in self.lines]
        at = next((i for i, text in enumerate(texts) if not _is_above_title(text)), 0)
        if not texts:
            return 0
        self.title = texts[at]
        at += 1
        while at < len(texts):
            after_tags = self._take_tags(at)
            if after_tags:
                at = after_tags
            elif furniture_of(texts[at]) or self._take_about(texts[at]):
                at += 1
            elif not self.deck and self._is_deck(at):
                self.deck = texts[at]
                at += 1
            else:
                return at
        return at

    def _body(self, at: int) -> int:
        """The paragraphs; returns where the tail begins."""
        while at < len(self.lines):
            text = self.lines[at].text
            kind = furniture_of(text)
            if self._ends_here(at, kind):
                return at
            after_tags = self._take_tags(at) if len(self.paragraphs) < _BODY_BEFORE_TAGS else 0
            if after_tags:
                at = after_tags
                continue
            if kind not in (Furniture.LITTER, Furniture.PLUG):
                self.paragraphs.append(text)
            at += 1
        return at

    def _ends_here(self, at: int, kind: Furniture | None) -> bool:
        text = self.lines[at].text
        if kind is Furniture.END:
            return True
        if kind is Furniture.PERHAPS_END:
            following = self.lines[at + 1 : at + 1 + _AHEAD]
            return any(furniture_of(line.text) for line in following) or not following
        if kind is Furniture.PLUG:
            return self._prose_after(at) < 2
        if kind is Furniture.LITTER:
            return False
        if _tags_of(text) is not None and len(self.paragraphs) >= _BODY_BEFORE_TAGS:
            return self._prose_after(at) == 0
        about = read_byline(text) or _pieces_about(text) or _BIO.match(text)
        return bool(about) and self._prose_after(at) == 0 and bool(self.paragraphs)

    def _tail(self, at: int) -> None:
        """Tags, by-line, agency, date and address between the body and the furniture."""
        while at < len(self.lines):
            text = self.lines[at].text
            after_tags = self._take_tags(at)
            if after_tags:
                at = after_tags
                continue
            if furniture_of(text) in (Furniture.END, Furniture.PERHAPS_END):
                break
            if not self._take_about(text):
                self._take_agency_by_place(at)
            at += 1
        if not self.tag_lines:
            # Some pages put their tags below the first lists of other articles.
            for place in range(at, len(self.lines)):
                match = _TAGS.fullmatch(self.lines[place].text)
                if match and match["colon"] and self._take_tags(place):
                    break

    def _take_about(self, text: str) -> bool:
        """Take what a line says about the article; whether it says nothing else."""
        address = _ADDRESS.fullmatch(text)
        if address and canonical_url(address["url"]):
            self.url = self.url or canonical_url(address["url"])
            return True
        about = _pieces_about(text)
        if about is None:
            return False
        author, agency, published = about
        if self.author and author and not self.agency and not agency and is_agency(author):
            author, agency = "", author
        self.author = self.author or author
        self.agency = self.agency or agency
        self.published = self.published or published
        return True

    def _take_agency_by_place(self, at: int) -> None:
        """The short line right below the author's name is whom it was written for."""
        text = self.lines[at].text
        above = self.lines[at - 1].text if at else ""
        if self.author and not self.agency and above == self.author and len(text) <= 50:
            titled = all(word[:1].isupper() for word in text.split() if len(word) > 3)
            if titled and not text.endswith((".", "!", "?", ":")) and not furniture_of(text):
                self.agency = text

    def _take_tags(self, at: int) -> int:
        """Take a line of tags, or a heading and the labels below; where to go on, or 0."""
        line = self.lines[at]
        rest = _tags_of(line.text)
        if rest is None:
            return 0
        if rest:
            self.tag_lines = self.tag_lines or [rest]
            return at + 1
        below: list[_Line] = []
        for following in self.lines[at + 1 :]:
            same_list = (
                following.block == line.block or not below or following.block == below[0].block
            )
            if not _is_label(following.text) or (not same_list and is_name(following.text)):
                break
            below.append(following)
        self.tag_lines = self.tag_lines or [following.text for following in below]
        return at + 1 + len(below)

    def _is_deck(self, at: int) -> bool:
        text = self.lines[at].text
        if len(text) > MAX_DECK or self.paragraphs:
            return False
        if not _ends_sentence(text):
            return True
        following = [line.text for line in self.lines[at + 1 : at + 3]]
        if following and (_pieces_about(following[0]) or furniture_of(following[0])):
            return True
        longest = max((len(other) for other in following if _is_prose(other)), default=0)
        return len(text) <= 220 and len(text) < longest * 0.8

    def _prose_after(self, at: int) -> int:
        """How many paragraphs of prose follow before the next furniture or line of tags."""
        count = 0
        for line in self.lines[at + 1 :]:
            kind = furniture_of(line.text)
            if kind in (Furniture.END, Furniture.PLUG) or _tags_of(line.text) is not None:
                break
            count += kind is None and _is_prose(line.text) and not _BIO.match(line.text)
        return count


def _pieces_about(text: str) -> tuple[str, str, datetime | None] | None:
    """(author, agency, date) of a line made of nothing else; None for other lines."""
    if len(text) > 160:
        return None
    author = agency = ""
    published: datetime | None = None
    for piece in [part for part in _META_BREAK.split(text) if part]:
        date = read_date_line(piece)
        byline = None if date else read_byline(piece)
        if date:
            published = published or date
        elif byline:
            author, agency = author or byline[0], agency or byline[1]
        elif furniture_of(piece) is not Furniture.LITTER:
            whole = read_byline(text)
            return (*whole, None) if whole else None
    return (author, agency, published) if author or agency or published else None


def _tags_of(text: str) -> str | None:
    """What stands behind "Tags"; "" for the bare heading, None for a line of something else."""
    if len(text) > 500 or _ends_sentence(text):
        return None
    match = _TAGS.fullmatch(text)
    if match:
        rest = match["rest"].strip()
        plain = match["colon"] or not rest or text[:3].lower() == "tag"
        return rest if plain or re.match(r"filed|posted in|keywords", text, re.IGNORECASE) else None
    glued = _GLUED_HEADING.fullmatch(text)
    return glued["rest"] if glued and glued["rest"][0].islower() else None


def _labels(
    lines: Sequence[str], vocabulary: Vocabulary, body: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of the tag lines; a single run without separators is split."""
    joined = "\n".join(lines)
    parts = re.split(r"[,;|•·\n\t、，；]|\s/\s|\s+(?=#)|(?<=\w)#(?=\w)", joined)
    labels = tuple(part.strip(" #") for part in parts if part.strip(" #"))
    if len(labels) != 1:
        return labels, ()
    return split_glued(labels[0], vocabulary=vocabulary, body=body)


def _is_above_title(text: str) -> bool:
    return (
        furniture_of(text) is not None
        or _BREADCRUMB.fullmatch(text) is not None
        or _ADDRESS.fullmatch(text) is not None
    )


def _is_label(text: str) -> bool:
    return (
        len(text) <= 40
        and len(text.split()) <= 4
        and not _ends_sentence(text)
        and furniture_of(text) is None
        and not is_agency(text)
    )


def _is_prose(text: str) -> bool:
    size = sum(3 if "\u3040" <= letter <= "\ud7ff" else 1 for letter in text)
    return size >= _PROSE and _ends_sentence(text)


def _ends_sentence(text: str) -> bool:
    return re.search(r"[.!?…。！？؟][\"'”’»«)\]』」]*\Z", text) is not None
