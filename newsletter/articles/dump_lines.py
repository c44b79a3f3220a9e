"""The lines of a text dump, and what each may be: prose, boilerplate or tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsletter.articles.boilerplate import Boilerplate, boilerplate_of
from newsletter.articles.bylines import is_agency
from newsletter.articles.dump_markup import plain_dump
from newsletter.articles.dump_wrapping import blocks_of

MAX_LINES = 1000
_FEWEST = 3
"""Paragraphs that a body keeps, whatever they look like."""
MAX_TAGS = 500
"""Characters of one line of tags."""
_PROSE = 80
"""The number of letters from which a line that ends as a sentence counts as a paragraph."""

_THAI_OR_LAO = re.compile(r"[\u0e00-\u0eff]")
_TAG_WORDS = (
    r"tags?|tagged(?: (?:with|as|in|under))?|filed (?:under|in)|posted in|keywords?|topics?|labels?|categor(?:y|ies)"
    r"|related (?:topics|tags)|(?:read )?more (?:about|on)|in this (?:story|article)|schlagw[oö]rte?r?|stichw[oö]rte?r?"
    r"|themen|mots[- ]cl[ée]s?|étiquettes?|thèmes?|sujets?|etiquetas?|temas|palabras clave|palavras-chave|argomenti"
    r"|trefwoorden|onderwerpen|标签|標籤|关键词|關鍵字|タグ|キーワード|теги|метки|темы|الوسوم|كلمات مفتاحية"
)
_TAGS = re.compile(rf"(?:{_TAG_WORDS})\s*(?:(?P<colon>[:：])\s*|\s+|\Z)(?P<rest>.*)", re.IGNORECASE)
_GLUED_HEADING = re.compile(r"Tags(?P<rest>[^\W\d_].{5,})")
_BIO = re.compile(
    r".{0,60}\b(?:is|was|has been|ist|est|es) (?:an?|the|our|ein|eine|une?)\b.{0,120}\b(?:reporter|writer|editor|journalist"
    r"|correspondent|contributor|columnist|author|freelancer?|blogger|producer|redakteurin?|redactor|periodista)\b"
    r"|.{2,60}\b(?:currently works (?:for|at)|covers|writes about|writes on|reports on|can be reached)\b",
    re.IGNORECASE,
)

_CAPTION = re.compile(
    r".{0,300}(?:\((?:photo|image|picture|foto|bild|crédit|via|ap|afp|reuters|getty|dpa|courtesy)[^()]{0,60}\)"
    r"|(?:photo|image|credit|foto|bild|photograph|source)(?:s|er)?\s*(?:by|:|©).{0,60}|©\s?[^.]{2,60}|/\s?(?:getty images|reuters|ap|afp|dpa)[^.]{0,30}"
    r"|\|\s?(?:ap|afp|dpa|epa|getty|reuters)\b[^.|]{0,30})\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DumpLine:
    """One line. Lines of the same `block` have no empty line between them.

    `tags` is the text after "Tags", "" for the heading alone, None for any other line.
    `explicit_tags` says that a colon marks it as tags. `prose` says that the line is a paragraph,
    `heading` that the program which made the dump marks it as a heading.
    """

    text: str
    block: int
    boilerplate: Boilerplate | None
    tags: str | None
    explicit_tags: bool
    prose: bool
    heading: bool = False


def read_lines(text: str) -> list[DumpLine]:
    """The lines of the text that are not empty; paragraphs wrapped to a width are joined."""
    lines: list[DumpLine] = []
    plain = plain_dump(text)
    headings = tuple(plain.headings)
    for number, block in enumerate(blocks_of(plain.text) or _blocks(plain.text)):
        lines += [_line(line, number, line.startswith(headings)) for line in block]
        if len(lines) > MAX_LINES:
            break
    return lines[:MAX_LINES]


def _blocks(text: str) -> Iterator[list[str]]:
    for number, block in enumerate(re.split(r"\n[ \t]*\n", text.strip())):
        texts = [" ".join(line.split()) for line in block.split("\n")]
        texts = [line for line in texts if line]
        # The first block is not joined: its lines may be the title and the deck.
        yield [" ".join(texts)] if number and _is_wrapped(texts) else texts


def _line(text: str, block: int, heading: bool) -> DumpLine:
    text = _said_once(text)
    match = _TAGS.fullmatch(text) if len(text) <= MAX_TAGS else None
    return DumpLine(
        text=text,
        block=block,
        boilerplate=boilerplate_of(text),
        tags=_tags_of(text),
        explicit_tags=match is not None and bool(match["colon"]),
        prose=_is_prose(text),
        heading=heading,
    )


def _said_once(text: str) -> str:
    """The name of a line that has it twice, as the name of a portrait beside its link does."""
    words = text.split()
    half = len(words) // 2
    return " ".join(words[:half]) if 2 <= half <= 4 and words[:half] == words[half:] else text


def _is_wrapped(lines: Sequence[str]) -> bool:
    inner = lines[:-1]
    if not inner or any(len(line) > 120 for line in lines):
        return False
    ends = sum(ends_sentence(line) for line in inner)
    return all(len(line) >= 40 for line in inner) and ends * 2 < len(inner) + 1


def _tags_of(text: str) -> str | None:
    if len(text) > MAX_TAGS or ends_sentence(text):
        return None
    match = _TAGS.fullmatch(text)
    if match:
        rest = match["rest"].strip()
        plain = match["colon"] or not rest or text[:3].lower() == "tag"
        return rest if plain or re.match(r"filed|posted in|keywords", text, re.IGNORECASE) else None
    glued = _GLUED_HEADING.fullmatch(text)
    return glued["rest"] if glued and glued["rest"][0].islower() else None


def _is_prose(text: str) -> bool:
    size = sum(3 if "\u3040" <= letter <= "\ud7ff" else 1 for letter in text)
    if size < _PROSE:
        return False
    return (ends_sentence(text) or _has_no_full_stops(text)) and not is_biography(text)


def _has_no_full_stops(text: str) -> bool:
    """Whether the text is Thai or Lao, which end no sentence with a mark."""
    return len(_THAI_OR_LAO.findall(text)) * 2 > len(text)


def is_biography(text: str) -> bool:
    """Whether the text introduces the writer ("A Name is a reporter at ...")."""
    return _BIO.match(text) is not None


def is_caption(text: str) -> bool:
    """Whether the text ends with the credit of a picture, as captions do."""
    return len(text) <= 400 and _CAPTION.fullmatch(text) is not None


def ends_sentence(text: str) -> bool:
    """Whether the text ends as a sentence does, in any script."""
    return re.search(r"[.!?…。！？؟][\"'”’»«)\]』」]*\Z", text) is not None


def is_label(line: DumpLine) -> bool:
    """Whether the line may be a tag: a few words, and nothing else that is known."""
    return (
        len(line.text) <= 40
        and len(line.text.split()) <= 4
        and not ends_sentence(line.text)
        and line.boilerplate is None
        and not is_agency(line.text)
    )


def without_buttons(paragraphs: list[str]) -> list[str]:
    """The paragraphs of an article without what stands below the last: buttons and lists of tags."""
    kept = list(paragraphs)
    while len(kept) > _FEWEST and not ends_sentence(kept[-1]):
        words = kept[-1].split()
        if len(words) > 8 and kept[-1].count(",") * 4 < len(words):
            break
        kept.pop()
    return kept
