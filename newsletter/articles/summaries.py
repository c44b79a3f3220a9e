"""Writes the summary of an article: the publisher's own, else the first sentences of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from newsletter.articles.entry_text import without_title
from newsletter.articles.producers import is_addition, without_additions
from newsletter.articles.sanitize import clip

SHORTEST, LONGEST = 120, 280
"""In characters: sentences are added up to SHORTEST, and none that would exceed LONGEST."""
DECK = 300
"""In characters; the publisher's own summary is left as it is up to this length."""

MOST_READ = 20_000
"""In characters; a summary is from the beginning of the text."""
_PARTS, _PARAGRAPHS = 30, 8
"""Parts of the text among which the first paragraph is looked for, and paragraphs that are read."""

_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3})[\s\]»›→>]*\Z")


def summary_of(deck: str, body: str, *, title: str, language: str = "") -> str:
    """One line about the article, of whole sentences, that does not repeat its title.

    `deck` is what the publisher gives as summary, `body` the text, its paragraphs separated by
    empty lines. A deck that is only the cut beginning of the text is replaced by its first
    sentences. Text without an end of a sentence is clipped, because nothing better is left.
    """
    deck = _cleaned(deck[:MOST_READ], title)
    whole = _CUT.sub("", deck)
    text = " ".join(_prose(body, title))
    is_excerpt = bool(whole) and _key(text).startswith(_key(whole)[:80])
    is_cut = whole != deck or (is_excerpt and not _ends(deck) and len(whole) < len(text))
    if deck and not is_cut and len(deck) <= DECK:
        return deck
    own = "" if is_excerpt else first_sentences(whole, language, complete=not is_cut)
    return own or first_sentences(text, language) or _clipped(whole or _CUT.sub("", text))


def first_sentences(text: str, language: str = "", *, complete: bool = True) -> str:
    """As many sentences from the beginning as make a summary; `complete` says that the last one ends.

    If the first is too long, it is cut at a clause. "" if there is no sentence.
    """
    kept = ""
    for sentence, is_last in _marked_last(sentences(text, language)):
        if is_last and (_CUT.search(sentence) or not (complete or _ends(sentence))):
            break
        if kept and (len(kept) >= SHORTEST or len(kept) + len(sentence) > LONGEST):
            break
        kept = kept + sentence
        if len(kept) > LONGEST:
            return _at_clause(kept.strip())
    return kept.strip()


def _clipped(text: str) -> str:
    """Text of which the end is missing, with an ellipsis in its place."""
    return f"{clip(text, LONGEST - 1).rstrip('….')}…" if text else ""


def _at_clause(sentence: str) -> str:
    """The beginning of a long sentence, up to a comma if there is one in its second half."""
    head = sentence[: LONGEST - 1]
    clauses = [
        match.start() for match in re.finditer(r"[,;:](?=\s)|\s[–—-](?=\s)|[，、；：]", head)
    ]
    at = clauses[-1] if clauses and clauses[-1] >= SHORTEST else 0
    return f"{head[:at].rstrip()}…" if at else clip(sentence, LONGEST)


_ABBREVIATIONS = """
mr mrs ms dr prof rev hon st ste sr sra jr gen col lt sgt capt cmdr adm gov sen messrs mme mlle m mm mgr hr fr frl
dhr mevr ing dipl univ sig dott avv dra dña ud uds exmo inc ltd corp bros plc dept assn ave blvd str sq mt ul nám ул
обл пр им nr nro núm n° cf approx e.g i.e viz abs bzw ca evtl ggf inkl sog u.a z.b d.h u.u i.d.r vgl zzgl bijv blz
m.b.t np tzn m.in godz wg tzv např napr т.е др напр см руб коп млн млрд тыс pág págs aprox avda c/ p.ej pag bl.a t.ex
dvs m.m f.eks m.fl vs v resp
"""
_NOT_AN_END = frozenset(_ABBREVIATIONS.split())
_BEFORE_NUMBERS = frozenset(
    (
        *(
            "no",
            "nos",
            "art",
            "arts",
            "max",
            "min",
            "p",
            "pp",
            "s",
            "fig",
            "figs",
            "ch",
            "sec",
            "vol",
            "vols",
            "bd",
        ),
        *(
            "jan",
            "feb",
            "mar",
            "apr",
            "jun",
            "jul",
            "aug",
            "sep",
            "sept",
            "oct",
            "okt",
            "nov",
            "dec",
            "dez",
            "kl",
            "г",
        ),
    )
)
"""Words that are abbreviations only before a number: "No. 5" is one, a spoken "no." is not."""
_ORDINALS = frozenset(
    [
        "de",
        "da",
        "nb",
        "nn",
        "no",
        "fi",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
        "bs",
        "hu",
        "pl",
        "tr",
        "et",
        "lv",
        "is",
        "eu",
        "fo",
        "lb",
    ]
)
"""Languages that write ordinals as a number and a full stop: "3. März"."""
_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»›)\]]*+(?=\s)|[。！？｡؟۔।॥።։]+[\"'”’」』）)\]]*|[!?](?=[\u3040-\u9fff])"
)


def sentences(text: str, language: str = "") -> Iterator[str]:
    """The sentences of the text, each with the space after it; together they are the text."""
    start = 0
    for end in _END.finditer(text):
        if _is_end(text, end, language):
            after = end.end() + len(text[end.end() :]) - len(text[end.end() :].lstrip())
            yield text[start:after]
            start = after
    rest = text[start:]
    if _is_thai(rest):
        yield from re.findall(r"\S+\s*", rest)
    elif rest.strip():
        yield rest


def _is_end(text: str, end: re.Match[str], language: str) -> bool:
    after = text[end.end() : end.end() + 40].lstrip()
    if after[:1].islower() or (end[0].startswith(("…", "..")) and not after[:1].isupper()):
        return False
    if not end[0].startswith(".") or end[0].startswith(".."):
        return True
    word = re.search(r"\S*\Z", text[max(0, end.start() - 40) : end.start()])
    before = (word[0] if word else "").strip("\"'“‘«(¿¡„[").casefold()
    if before in _NOT_AN_END or (before in _BEFORE_NUMBERS and after[:1].isdigit()):
        return False
    if re.fullmatch(r"[^\W\d_]|(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}", before):
        # An initial ("J. Smith"), or an abbreviation ("U.S."), which may also end a sentence.
        return (
            "." in before
            and re.match(r"(?:The|A|An|In|It|He|She|They|We|But|And)\b", after) is not None
        )
    if before.isdigit() and len(before) < 3:
        return language.split("-")[0] not in _ORDINALS and language != ""
    return True


def _is_thai(text: str) -> bool:
    """Whether the text is of a script that ends no sentence by a sign, but with a space."""
    letters = [sign for sign in text[:200] if sign.isalpha()]
    return bool(letters) and sum("\u0e00" <= sign <= "\u0eff" for sign in letters) * 2 > len(
        letters
    )


def _ends(sentence: str) -> bool:
    return bool(re.search(r"[.!?。！？｡؟۔।॥።։][\"'”’»›)\]」』）]*\s*\Z", sentence))


def _marked_last(parts: Iterator[str]) -> Iterator[tuple[str, bool]]:
    before = None
    for part in parts:
        if before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True


def _cleaned(text: str, title: str) -> str:
    line = " ".join(text.split())
    line = without_title(without_additions(line), title)
    return "" if is_addition(line) else line


def _prose(body: str, title: str) -> list[str]:
    """The paragraphs of the text, without headings, captions and by-lines before the first sentence."""
    parts = body[:MOST_READ].split("\n\n")[:_PARTS]
    paragraphs = (cleaned for part in parts if (cleaned := _cleaned(part, title)))
    before: list[str] = []
    for paragraph in paragraphs:
        if _ends(paragraph):
            return [paragraph, *islice(paragraphs, _PARAGRAPHS - 1)]
        before.append(paragraph)
    return before[:_PARAGRAPHS]


def _key(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
