"""Reads by-lines: distinguishes names of authors and agencies by their form."""

from __future__ import annotations

import re

from newsletter.articles.sanitize import one_line

_PARTICLES = {
    *("de", "del", "della", "der", "den", "des", "di", "da", "das", "dos", "du", "la", "le"),
    *("van", "von", "vom", "zu", "zur", "ter", "ten", "bin", "ibn", "al", "el"),
    *("y", "e", "and", "und", "et"),
}
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’\-.][^\W\d_]+)*\.?|(?:[^\W\d_]\.)+")
_IDEOGRAPHS = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7a3・·]{2,8}")

_AGENCY_WORD = re.compile(
    r"news|newsroom|newswire|newsdesk|wires?|services?|agency|press|bureau|syndicate|media|reuters|afp|dpa"
    r"|upi|aap|ansa|efe|bloomberg|staff|desk|agence|presse|agentur|nachrichten"
    r"|agencia|agenzia|prensa|stampa|redaktion|rédaction|redacción|redazione|redactie|агентство|вести|وكالة"
    r"|[\w.-]+\.(?:com|org|net|info)|\w*(?:通讯社|通訊社|新聞社|通信社|新闻网)",
    re.IGNORECASE,
)
_PERHAPS_AGENCY = re.compile(
    r"times|post|herald|tribune|gazette|chronicle|journal|daily|weekly|network|reports?"
    r"|online|magazine|review|today|world|observer|guardian|standard|mail|radio|tv|planet",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:[\w-]+ ){0,3}(?:editor|writer|reporter|correspondent|journalist|columnist|contributor|critic|blogger"
    r"|redakteur(?:in)?|korrespondent(?:in)?|rédact(?:eur|rice)|redactora?|periodista)(?:[ -]in[ -]chief)?",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"(?P<name>[^()]+?)\s*\((?P<agency>[^\W\d_].{1,48})\)")
_MARKER = re.compile(
    r"(?:(?:written|posted|reported|published|story|words|article|text|reporting) by|by"
    r"|(?:authors?|byline|автор|авторы|текст|作者|记者|記者|文|بقلم|كتب)(?=\s*[:：/]|\s))"
    r"(?:\s*[:：/]\s*|\s+)",
    re.IGNORECASE,
)
_LONE_AUTHOR = re.compile(r"(?:authors?|story|article|text)\s+[^\s:：/]+", re.IGNORECASE)
"""A word of a by-line and one other are a name rather than a mark and half a name."""
# Words that may also begin a name ("Di Marco") count only before a whole name.
_WEAK_MARKER = re.compile(
    r"(?:von|par|por|di|da|door|av|af|przez|от)\s+(?=\S+\s+\S)", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"\s*[,;|•·(){}\[\]／]\s*|\s+[-–—/]+\s+|\s+(?:for|at|with|para|pour|für|voor)\s+(?=[^\W\d_a-z])"
)


def is_name(text: str) -> bool:
    """Whether `text` has the form of a person's name: two to six capitalised words."""
    words = text.removesuffix(", Jr.").removesuffix(" Jr.").split()
    if len(text) > 60 or not 2 <= len(words) <= 6:
        return False
    if words[0] in _PARTICLES or words[-1] in _PARTICLES or words[-1].endswith("."):
        return False
    return all(
        word in _PARTICLES or (word[0].isupper() and _NAME_WORD.fullmatch(word) is not None)
        for word in words
    )


def is_agency(text: str) -> bool:
    """Whether `text` is the name of an agency, a desk or a paper, by its first or last word."""
    words = text.split()
    if not words or len(text) > 60 or len(words) > 6 or text.endswith((".", "!", "?", ":")):
        return False
    if any(word[0].islower() and len(word) > 3 and "." not in word for word in words):
        return False
    if len(words) == 1 and text.isupper() and text.isalpha() and 2 <= len(text) <= 5:
        return True
    if _AGENCY_WORD.fullmatch(words[-1]) or (len(words) < 4 and _AGENCY_WORD.fullmatch(words[0])):
        return True
    return len(words) > 2 and _PERHAPS_AGENCY.fullmatch(words[-1]) is not None


def split_byline(text: str) -> tuple[str, str]:
    """(author, agency) of the text that a source gives as author: "By A Name, Some News Service"."""
    text = one_line(text, 200)
    marked = _MARKER.match(text)
    if marked and not _LONE_AUTHOR.fullmatch(text):
        text = text[marked.end() :]
    bracketed = _IN_BRACKETS.fullmatch(text)
    if bracketed and is_name(bracketed["name"]) and not _ROLE.fullmatch(bracketed["agency"]):
        return bracketed["name"], bracketed["agency"]
    parts = [part.strip(" .:") for part in _BETWEEN.split(text)]
    named = [part for part in parts if part and not _ROLE.fullmatch(part)]
    agencies = [part for part in named if is_agency(part)]
    if not agencies and len(named) > 1 and is_name(named[0]) and _may_be_agency(named[-1]):
        agencies = named[-1:]
    if agencies:
        return ", ".join(part for part in named if part not in agencies), agencies[0]
    has_role = named and len(named) < len([part for part in parts if part])
    return ", ".join(named) if has_role else text.strip(" ,"), ""


def _may_be_agency(text: str) -> bool:
    """Whether `text` after a name may be a newspaper, by its last word."""
    return _PERHAPS_AGENCY.fullmatch((text.split() or [""])[-1]) is not None


def read_byline(line: str) -> tuple[str, str] | None:
    """(author, agency) of a line that is only a by-line; None for any other line.

    With a marker ("By", "Von", "作者") the name may be of any form; without one it must look like
    a name, an agency, or a name beside an agency.
    """
    line = one_line(line, 200)
    if len(line) > 120 or line.endswith(("!", "?", "。", "…")):
        return None
    line = _WEAK_MARKER.sub("By ", line, count=1) if _WEAK_MARKER.match(line) else line
    marked = _MARKER.match(line)
    author, agency = split_byline(line)
    people = [person for person in re.split(r",\s*|\s+(?:and|und|et|y|e|&)\s+", author) if person]
    if marked and people and all(_could_be_person(person) for person in people):
        return author, agency
    if marked and agency and not people:
        return "", agency
    if line.endswith("."):
        return None
    if all(is_name(person) for person in people) and (people or agency):
        return author, agency
    return None


def _could_be_person(text: str) -> bool:
    if is_name(text) or _IDEOGRAPHS.fullmatch(text):
        return True
    words = text.split()
    caseless = not any(letter.isupper() or letter.islower() for letter in text)
    return len(words) <= 4 and (caseless or (len(words) == 1 and text[:1].isupper()))
