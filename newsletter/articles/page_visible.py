"""What a page shows its readers, for pages that say nothing for machines: its headline and its by-line."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from newsletter.articles.bylines import is_name
from newsletter.articles.dump_bylines import byline_near_title, is_furniture_name
from newsletter.articles.page_titles import title_without_site
from newsletter.articles.sanitize import one_line

if TYPE_CHECKING:
    import lxml.html

_FEWEST_WORDS = 3
"""Words that a headline must have to be believed in the place of the page's first heading."""
_HEADINGS = 60
"""Headings of a page that are looked at."""
_LONGEST_BYLINE = 120
_NEAR = 6
"""Elements around another one whose names say what it belongs to; those further out are the page's."""
_BYLINES = (
    ".//*[contains(concat(' ', @rel, ' '), ' author ') or contains(@itemprop, 'author')"
    " or contains(@class, 'byline') or contains(@class, 'by-line') or contains(@class, 'author')]"
)
_OF_READERS = re.compile(
    r"comment|reply|disqus|related|\bsidebar|promo|teaser|\bmenu", re.IGNORECASE
)
_TAG_LINK = re.compile(
    r"/(?:tags?|tagged|topics?|themen?|thema|etiquetas?|temas?|sujets?|mots-cles|labels?)/[^/?#]+/?(?:[?#]|\Z)",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"(?:tags?|tagged(?: with| in)?|(?:filed|posted) (?:under|in)|topics?|related topics|more on|read more|schlagw[oö]rter|themen|mots-clés|sur le même thème"
    r"|etiquetas|temas|argomenti|trefwoorden)\s*[:：]?",
    re.IGNORECASE,
)
_MOST_TAGS, _FEWEST_BARE = 20, 3
"""Links of a list of tags: more are a cloud of all; fewer count only beside a word such as "Tags"."""
_LISTS = 40
"""Elements with links to tags that are looked at."""
_OF_PAGE = frozenset(["nav", "header", "footer", "aside"])
_NOBODY = re.compile(r"user ?name|log ?in|sign ?in|author|anonymous|guest|your name", re.IGNORECASE)


def headline_of(tree: lxml.html.HtmlElement, guess: str) -> str:
    """`guess`, unless <title> lacks it and begins with another heading of the page: then that heading.

    Some sites have their own name, or that of a section, as the first heading of each page.
    """
    stated = one_line(tree.findtext(".//title") or "")
    if not guess or not stated or guess.casefold() in stated.casefold():
        return guess
    for heading in tree.xpath("(.//h1 | .//h2 | .//h3)")[:_HEADINGS]:
        text = one_line(heading.text_content())
        if len(text.split()) >= _FEWEST_WORDS and (
            text == stated or title_without_site(stated, sites=(), heading=text) == text
        ):
            return text
    return guess


def writer_of(tree: lxml.html.HtmlElement, guess: str) -> str:
    """`guess` unless it is a field of a form; else the by-line that the page shows; else ""."""
    if guess and not _NOBODY.fullmatch(guess):
        return guess
    for element in tree.xpath(_BYLINES):
        text = one_line(element.text_content())
        if not 0 < len(text) <= _LONGEST_BYLINE or _is_of_readers(element):
            continue
        named = byline_near_title(text)
        if named and named[0]:
            return named[0]
        if is_name(text) and not is_furniture_name(text):
            return text
    return ""


def tags_of(tree: lxml.html.HtmlElement) -> tuple[str, ...]:
    """The first list of links to tags beside the article, without menus and clouds; () for none."""
    lists: dict[lxml.html.HtmlElement, list[str]] = {}
    for link in tree.iterfind(".//a[@href]"):
        text = one_line(link.text_content(), 60)
        if text and _TAG_LINK.search(link.get("href") or "") and link.getparent() is not None:
            item = link.getparent()
            within = item.getparent() if item.tag == "li" else item
            lists.setdefault(item if within is None else within, []).append(text)
    for element, labels in islice(lists.items(), _LISTS):
        if len(labels) <= _MOST_TAGS and _is_tag_list(element, labels) and not _is_of_page(element):
            return tuple(labels)
    return ()


def _is_tag_list(element: lxml.html.HtmlElement, labels: list[str]) -> bool:
    """Whether the element has nothing but tags, and a word for them unless they are several."""
    rest = f" {one_line(element.text_content(), 2000)} "
    for label in sorted(labels, key=len, reverse=True):
        rest = rest.replace(label, " ", 1)
    said = re.sub(r"[\s,;|•·#/]+", " ", rest).strip()
    return bool(_MARK.fullmatch(said)) or (not said and len(labels) >= _FEWEST_BARE)


def _is_of_page(element: lxml.html.HtmlElement) -> bool:
    around = (element, *element.iterancestors())
    return _is_of_readers(element) or any(part.tag in _OF_PAGE for part in around)


def _is_of_readers(element: lxml.html.HtmlElement) -> bool:
    """Whether the element belongs to a comment, or to another article."""
    around = (element, *islice(element.iterancestors(), _NEAR))
    return any(
        part.tag != "body"
        and _OF_READERS.search(f"{part.get('class') or ''} {part.get('id') or ''}")
        for part in around
    )
