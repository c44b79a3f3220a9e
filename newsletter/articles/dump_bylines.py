"""Finds who wrote an article in the lines of a text dump: marked by-lines, in all their layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from itertools import takewhile

from newsletter.articles.boilerplate import Boilerplate, boilerplate_of
from newsletter.articles.bylines import is_agency, is_name, read_byline, split_byline
from newsletter.articles.dates import read_date_line, without_date_marker
from newsletter.articles.sanitize import one_line

MAX_BYLINE = 200
_NAMES_ABOVE = 10
"""Lines above the title in which the writer may be named, beside a portrait."""

_MARK = (
    r"(?:(?:written|posted|reported|published|story|words?|texts?|article|reporting|report|compiled|analysis|opinion|review|interview)"
    r"(?: and (?:photos?|pictures?|images?))? by|(?:words|story|reporting)(?=\s*:)|by(?:line)?|"
    r"(?:ein (?:beitrag|artikel|kommentar|gastbeitrag|interview) |(?:text |protokoll |aufgezeichnet |geschrieben |verfasst )?)von|"
    r"(?:(?:publié|écrit|propos recueillis|article) )?par|(?:(?:escrito|publicado|texto|redactado) )?por|(?:(?:scritto|testo|articolo) )?(?:di|da)|"
    r"(?:(?:geschreven|tekst) )?door|av|af|przez|tekst|autor(?:en|in|a|es|i)?|authors?|auteure?s?|autore|autrice|écrit par|texte?|testo|texto|автор(?:ы)?|текст|作者|记者|記者|文|بقلم|كتب)"
)
_MARKED = re.compile(
    rf"[\W_]{{0,4}}(?P<mark>{_MARK})(?:\s*[:：／/|]\s*|\s+)(?P<rest>\S.*)", re.IGNORECASE
)
_LONE = re.compile(
    rf"[\W_]{{0,4}}(?:{_MARK}|(?:written|posted|published) on .{{3,25}} by)\s*[:：]?", re.IGNORECASE
)
_WEAK = re.compile(
    r"von|par|por|di|da|door|av|af|przez|tekst|texte?|testo|texto|文|opinion|analysis|review",
    re.IGNORECASE,
)
"""Marks that also begin headings and sentences: only a whole name counts after them."""
_JOINS = re.compile(r"(?:and|und|et|y|e|en|och|og|i|&|,|;)", re.IGNORECASE)
_NAME_WORD = r"(?:(?:[^\W\d_]\.){2,3}+|[^\W\d_][\w'’\-]*+\.?+)"
_PARTICLE = r"(?:de|del|della|der|den|des|di|da|das|dos|du|la|le|van|von|vom|zu|zur|ter|ten|bin|ibn|al|el|y|e)"
_CALENDAR = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan(?:uary)?|feb(?:ruary)?|march|april|may|june|july|aug(?:ust)?"
    r"|sept(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_NAMES_FIRST = re.compile(
    rf"(?P<names>{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+){{0,2}}{_NAME_WORD}){{1,4}}?)"
    rf"(?:\s*(?:,|\b(?:and|und|et|y|e|&)(?=\s)|&)\s*{_NAME_WORD}(?:\s+{_NAME_WORD}){{1,3}}?){{0,4}}"
    rf"(?P<after>\s*(?:\Z|[-–—|•·,;:(/@]|\d|\b(?:{_CALENDAR}|publi\w+|pubblicat\w+|veröffentlicht|aktualisiert|actualizad\w+|mis à jour|posted|updated|last|first|avec|mit|con|com|met|on|am|le|el|il|in|for|at|of|with|für|pour|para|special|envoyé\w*|follow|email|contact)\b).*)",
    re.IGNORECASE | re.DOTALL,
)
_GLUED_YEAR = re.compile(r"(?<=[a-z])(?=(?:19|20)\d\d-)")
_COUNT = re.compile(r"[\d.,]{1,9}")
_MONTH = r"[^\W\d_]{3,10}\.?"
_DATE = re.compile(
    rf"\d{{1,2}}\.\s?(?:\d{{1,2}}\.|{_MONTH})\s?(?:19|20)\d\d|\d{{1,2}} {_MONTH},? (?:19|20)\d\d"
    rf"|{_MONTH} \d{{1,2}},? (?:19|20)\d\d|\d{{1,2}}/\d{{1,2}}/(?:19|20)?\d\d|(?:19|20)\d\d-\d\d-\d\d"
)
_BESIDE_DATE = re.compile(
    r"\b(?:um |at |à |a las )?\d{1,2}[:.h]\d\d(?::\d\d)?\s?(?:[ap]\.?m\.?(?!\w)|uhr\b)?\s?(?:[A-Z]{2,4}\b)?"
    r"|\b\d+\s(?:comments?|kommentare?|commentaires?|comentarios?|commenti|reacties|ergänzungen|meinungen|views?|shares?)\b"
    r"|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|posted|submitted|updated|published|veröffentlicht|publié|on|am|vom|le|mon|tue|wed|thu|fri|sat|sun)\b[,:]?",
    re.IGNORECASE,
)
_ROLE_WORD = re.compile(
    r"(?:staff|senior|chief|political|business|sports?|science|technology|tech|health|education|crime|city|local|national|foreign|guest|contributing|freelance|associate|assistant|deputy|managing|news|special|our|community|data|environment|economics?|religion|arts|food|travel|law|courts?)\s+"
    r"(?:writer|reporter|editor|correspondent|columnist|contributor|critic|journalist|producer|blogger|photographer)"
    r"|(?:writer|reporter|editor|correspondent|columnist|contributor|journalist)\b",
    re.IGNORECASE,
)


def byline_near_title(text: str) -> tuple[str, str] | None:
    """(author, agency) of a marked by-line, whatever else the line has: "By A Name - 11/19/26".

    None for any other line. Meant for lines near the title, where "By" begins no sentence.
    """
    text = re.sub(r"\s+(?=,)", "", text)
    marked = _MARKED.fullmatch(text) if len(text) <= MAX_BYLINE else None
    if marked is None:
        return None
    rest = one_line(_GLUED_YEAR.sub(" ", marked["rest"]), MAX_BYLINE)
    weak = _WEAK.fullmatch(marked["mark"].split()[-1]) is not None
    named = _NAMES_FIRST.fullmatch(rest)
    if named is None:
        # "Text Size" and "Di Marco" are written like names, but name nobody.
        return None if is_name(text) else read_byline(text)
    names = rest[: len(rest) - len(named["after"])].strip(" ,")
    role = _ROLE_WORD.search(names)
    if role and role.start():
        names, after = names[: role.start()].strip(" ,"), names[role.start() :] + named["after"]
    else:
        after = named["after"]
    split = re.split(r"\s*[,&;]\s*|\s+(?:and|und|et|y|e)\s+", names, flags=re.IGNORECASE)
    parts = [part for part in split if part]
    people = list(takewhile(_is_person, (part for part in parts if not is_agency(part))))
    if not people or len(_sentence_words(after)) > 12:
        return read_byline(text)
    if weak and text.endswith((".", "!", "?")) and not is_name(people[-1]):
        return None
    agencies = [part for part in (*parts, *_parts_of(after)) if is_agency(part)]
    return ", ".join(_written(person) for person in people), next(iter(agencies), "")


def is_lone_mark(text: str) -> bool:
    """Whether the line is only "By" or the like: the name stands on the next line."""
    return len(text) <= 40 and _LONE.fullmatch(text) is not None


def names_below(lines: list[str]) -> tuple[str, int]:
    """The names on the lines below a lone "By", and how many lines they take; ("", 0) for none."""
    names: list[str] = []
    taken = 0
    joined = True
    for text in lines[:8]:
        if _JOINS.fullmatch(text):
            joined = True
        elif joined and not is_furniture_name(text) and read_byline(f"By {_written(text)}"):
            author, _agency = split_byline(text)
            names.append(_written(author or text))
            joined = False
        else:
            break
        taken += 1
    return ", ".join(names), taken if names else 0


def named_twice(texts: Sequence[str], title: int) -> str:
    """The name that stands above the title and again on the page, as the writer's does; or ""."""
    above = texts[max(0, title - _NAMES_ABOVE) : title]
    names = (text for text in above if is_name(text) and is_person_of_page(text, texts, title))
    return next((name for name in names if name in texts[title + 1 :]), "")


def is_person_of_page(name: str, texts: Sequence[str], title: int) -> bool:
    """Whether what is written like a name is a person's: not an entry of the menu, nor a phrase.

    A word that the page also writes in lower case is not a name: "North Korea" is one, "Street Food" is not.
    """
    if is_furniture_name(name) or name.startswith("The "):
        return False
    if name in texts[: max(0, title - _NAMES_ABOVE)]:
        return False
    words = {word.casefold() for word in re.findall(r"[^\W\d_]{3,}", name)}
    return not words <= _words_as_written(tuple(texts))


@lru_cache(maxsize=1)
def _words_as_written(texts: tuple[str, ...]) -> frozenset[str]:
    """The words of a page in their own case; kept because each name on the page asks for them."""
    return frozenset(re.findall(r"[^\W\d_]{3,}", "\n".join(texts)))


def is_furniture_name(text: str) -> bool:
    """Whether the text is written like a name, but has words of buttons and menus."""
    return len(text) <= 60 and len(text.split()) <= 6 and furniture_share(text) >= 0.5


def furniture_share(text: str) -> float:
    """The share of words of buttons and menus in the text."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return sum(word in _furniture() for word in words) / len(words) if words else 0.0


@cache
def _furniture() -> frozenset[str]:
    """Words of buttons and menus, which are written like names: "Read Later", "Site Index"."""
    text = files("newsletter.articles").joinpath("furniture.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def pieces_about(text: str) -> tuple[str, str, datetime | None] | None:
    """(author, agency, date) of a line with nothing else; None for other lines."""
    text = re.sub(r"\s+(?=,)", "", text)
    if len(text) > 160 or is_furniture_name(text):
        return None
    author = agency = ""
    published = read_date_line(text)
    if published:
        return "", "", published
    text = without_date_marker(text)
    for piece in _pieces(text):
        date = read_date_line(piece)
        byline = None if date else byline_near_title(piece) or read_byline(piece)
        if date:
            published = published or date
        elif byline:
            author, agency = author or byline[0], agency or byline[1]
        elif boilerplate_of(piece) is not Boilerplate.LITTER:
            whole = read_byline(text)
            return (*whole, None) if whole else _name_and_time(text)
    return (author, agency, published) if author or agency or published else None


def _pieces(text: str) -> list[str]:
    """The parts of the line; a part that only counts readers or comments says nothing."""
    parts = [part for part in _META_BREAK.split(text) if part]
    kept = [part for part in parts if not _COUNT.fullmatch(part)]
    marked = [part for part in kept if byline_near_title(part)]
    # Beside a marked name, a name without a mark is the site's.
    return [part for part in kept if part in marked or read_date_line(part)] if marked else kept


def _name_and_time(text: str) -> tuple[str, str, datetime | None] | None:
    """A name beside a date, in any order: "19.6.2007 9:40 Uhr Ann Example 71 Kommentare"."""
    stated = _DATE.search(text)
    date = read_date_line(stated[0]) if stated else None
    if stated is None or date is None:
        return None
    rest = f"{text[: stated.start()]} {text[stated.end() :]}"
    rest = " ".join(_BESIDE_DATE.sub(" ", rest).strip(" ,|/·•–—-").split())
    byline = byline_near_title(rest) or read_byline(rest)
    return (*byline, date) if byline and len(rest) <= 80 else None


_META_BREAK = re.compile(
    r"\s*[|•·]\s*|\s+[-–—/]\s+|\A/\s+|\s+(?:on|am|le|el|il|op)\s+(?=\d|[A-Z][a-z]+,? \d)|,\s+(?=\d{1,2}[. ]|\d{4}-)"
    r"|,\s+(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,? )"
)


def _is_person(text: str) -> bool:
    """Whether the text is a name, also one in capitals only."""
    return not is_furniture_name(text) and is_name(_written(text))


def _written(name: str) -> str:
    """The name as it is usually written: "ANN EXAMPLE" is Ann Example."""
    name = name.strip(" .,;:|-–—")
    if not name.isupper() or len(name) <= 5:
        return name
    words = re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name).split(" ")
    particle = re.compile(_PARTICLE, re.IGNORECASE)
    inner = (word.lower() if particle.fullmatch(word) else word for word in words[1:])
    return " ".join((words[0], *inner))


def _parts_of(after: str) -> list[str]:
    parts = re.split(r"\s*[-–—|•·,;()/]\s*|\s+(?:for|at|of|für|pour|para)\s+", after)
    return [part for part in parts if part and not read_date_line(part)]


def _sentence_words(after: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", after)
