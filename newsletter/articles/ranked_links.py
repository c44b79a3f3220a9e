"""Finds the list of popular stories that a web page shows: "Most read", "Meistgelesen". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from newsletter.articles.html_page import base_of, html_page
from newsletter.articles.sanitize import one_line
from newsletter.articles.urls import absolute_url, is_web_address
from newsletter.errors import SourceError

MOST_LINKS = 50
"""The most links of one list that are kept."""
LONGEST_HEADING = 60
"""In characters: a longer text that has one of the words is a sentence or a headline."""
LEAST_LINKS = 2
MOST_HEADINGS = 20
"""The most headings whose links are looked at."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MAY_BE_HEADINGS = (*_HEADINGS, "p", "div", "span", "strong", "b", "legend", "caption", "dt")
_SAYS_POPULAR = re.compile(
    r"\b(?:most|top)[- ](?:popular|read|viewed|shared|clicked|opened)\b|\b(?:popular|trending)\b"
    r"|\bmeist(?:gelesen|geklickt)|\bbeliebt|\bles plus (?:lus|consult)|\bpopulaires\b"
    r"|\blo m[aá]s (?:le[ií]do|visto)|\bm[aá]s (?:le[ií]d|popular)|\bpi[uù] letti|\bmais (?:lid|vist)"
    r"|\bmeest gelezen|\bpopulair|\bnajcz[eę][sś]ciej czytan|\bпопулярн|الأكثر (?:قراءة|شعبية)"
    r"|最受欢迎|最受歡迎|热门|熱門|人気|ランキング|많이 본",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedLink:
    """One story of the list."""

    title: str
    url: str


def ranked_links(body: bytes, *, content_type: str, url: str) -> tuple[RankedLink, ...]:
    """The links below the page's heading for popular stories, in their order.

    Raises SourceError if the page has no such heading, or fewer than two links below it.
    """
    page = html_page(body, content_type)
    if page is None:
        raise SourceError("it is not an HTML page", fix="check the address of the source")
    base = base_of(page, url)
    for heading in islice(filter(_is_heading, page.iter(*_MAY_BE_HEADINGS)), MOST_HEADINGS):
        found = _distinct(_links_below(heading), base)
        if len(found) >= LEAST_LINKS:
            return found
    raise SourceError(
        "no list of popular stories was found on the page",
        fix="use a page with a heading such as “Most read” above the links, or a feed",
    )


def _is_heading(element: Any) -> bool:
    """Whether it is a heading that says popular, and not a story's own headline in such a list."""
    if len(element) > 3 or not _SAYS_POPULAR.search(_short_text(element)):
        return False
    return element.tag in _HEADINGS or element.find(".//a") is None


def _short_text(element: Any) -> str:
    """The text of the element; "" if it is longer than a heading. Reads no more than it needs."""
    text = ""
    for part in element.itertext():
        text = f"{text} {' '.join(part.split())}".strip()
        if len(text) > LONGEST_HEADING:
            return ""
    return text


def _links_below(heading: Any) -> Iterator[Any]:
    """The links after the heading within its part of the page, until another heading ends it."""
    for part in heading.iterancestors():
        links = list(islice(_until_next_heading(heading, part), 4 * MOST_LINKS))
        if len(links) >= LEAST_LINKS or part.tag in ("body", "main", "article", "aside", "section"):
            yield from links
            return


def _until_next_heading(heading: Any, part: Any) -> Iterator[Any]:
    level = _HEADINGS.index(heading.tag) if heading.tag in _HEADINGS else None
    is_after = False
    for element in part.iter("a", *_MAY_BE_HEADINGS):
        if element is heading:
            is_after = True
        elif is_after and element.tag == "a":
            if element.get("href") and not any(
                above is heading for above in element.iterancestors()
            ):
                yield element
        elif is_after and element.tag in _HEADINGS and element.find(".//a") is None:
            inside_link = any(above.tag == "a" for above in element.iterancestors())
            if not inside_link and (level is None or _HEADINGS.index(element.tag) <= level):
                return


def _distinct(links: Iterator[Any], base: str) -> tuple[RankedLink, ...]:
    """The stories that they lead to, each once; a link with a picture alone lends its address only."""
    found: dict[str, str] = {}
    for link in links:
        address = absolute_url(base, link.get("href") or "")
        title = one_line(link.text_content(), 300)
        if (
            is_web_address(address)
            and len(title) > len(found.get(address, ""))
            and _is_title(title)
        ):
            found[address] = title
    listed = [RankedLink(title=title, url=address) for address, title in found.items()]
    return tuple(listed[:MOST_LINKS])


def _is_title(text: str) -> bool:
    """Whether the words of a link are a headline, and not "More" or a number of comments."""
    letters = [character for character in text if character.isalpha()]
    return (len(text.split()) > 1 and len(letters) > 6) or any(c > "\u2e80" for c in letters[3:])
