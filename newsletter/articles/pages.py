"""Reads the article of a web page, fetched or saved: its text, tags, author, date and picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsletter.articles.bylines import split_byline
from newsletter.articles.dates import read_date
from newsletter.articles.decoding import decode
from newsletter.articles.entries import Entry
from newsletter.articles.not_articles import NoArticle, no_article
from newsletter.articles.page_address import stated_address
from newsletter.articles.page_body import PageBody, extract_body
from newsletter.articles.page_metadata import PageMetadata, read_metadata
from newsletter.articles.page_visible import headline_of, tags_of, writer_of
from newsletter.articles.sanitize import MAX_HTML, clean_text, one_line, paragraphs_html
from newsletter.errors import SourceError

if TYPE_CHECKING:
    import lxml.html

MAX_DEPTH = 1000
MAX_TEXT = 600_000
"""In characters; the paragraphs after it are not read, because finding the article takes seconds."""
MIN_LETTERS = 40
"""A page with less text is a menu or an error message."""

_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")
_NO_ARTICLE = {
    NoArticle.CONSENT: (
        "it shows a request to accept cookies instead of an article",
        "use the site's feed, or save the page in a browser after accepting",
    ),
    NoArticle.ROBOT_CHECK: (
        "it shows a check for robots instead of an article",
        "use the site's feed, or ask its owner to let newsletter's requests through",
    ),
    NoArticle.NOT_FOUND: (
        "it says that the page cannot be found",
        "check the address of the source",
    ),
    NoArticle.PAYWALL: (
        "it shows only an offer to subscribe, not the article",
        "use a source that is free to read",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The name that the site gives itself, and the article of the page.

    `body` says how the text was found; `cut` that it is too long and its end is missing.
    """

    site: str
    entry: Entry
    body: PageBody
    cut: bool = False
    language: str = ""


def parse_page(body: bytes, *, content_type: str, url: str, now: datetime) -> Page:
    """The article of an HTML page; `url` is "" for a saved file without an address.

    Raises SourceError when no article can be found on it.
    """
    source = clean_text(decode(body, content_type).text)
    tree = _tree(source)
    shortened = _shorten(tree)
    saved = _SAVED_FROM.search(source[:5000])
    url = url or (saved[1] if saved else "")
    metadata = read_metadata(tree, url)
    url = stated_address(url, metadata.stated_addresses())
    found = _trafilatura_metadata(tree, url, now, dated=metadata.published() is not None)
    title = metadata.title(url, headline_of(tree, found.title or ""))
    text = extract_body(tree, stated=metadata.body_text())
    _refuse_no_article(title, text.html, metadata)
    shown = (found.author or "").replace(";", ",")
    author, agency = split_byline(metadata.author() or writer_of(tree, shown))
    summary = metadata.summary() or found.description or ""
    return Page(
        site=metadata.site() or found.sitename or "",
        entry=Entry(
            id=url,
            url=url,
            title=title,
            summary=paragraphs_html([summary]) if summary else "",
            body=_cut(_without_title(text.html, title)),
            base=url,
            published=metadata.published() or read_date(found.date or ""),
            author=author,
            agency=agency or metadata.agency() or split_byline(metadata.meta("author"))[1],
            labels=tuple(dict.fromkeys((*metadata.labels(), *tags_of(tree)))),
            image=metadata.image(url),
        ),
        body=text,
        cut=shortened or len(text.html) > MAX_HTML,
        language=metadata.language(),
    )


def _tree(source: str) -> lxml.html.HtmlElement:
    """The parsed page, with all of a deeply nested one, of which lxml by default drops a part."""
    import lxml.html  # It is slow to load and takes memory, so only reading a page loads it.
    from lxml.etree import LxmlError

    parser = lxml.html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(
            re.sub(r"\A\s*<\?xml[^>]*\?>", "", source), parser=parser
        )
    except (LxmlError, ValueError) as error:
        raise SourceError(
            "it is not an HTML page", fix="check the address of the source"
        ) from error
    if _depth(tree) > MAX_DEPTH:
        raise SourceError("its HTML is nested too deep to read", fix="use the site's feed instead")
    return tree


def _depth(tree: lxml.html.HtmlElement) -> int:
    from lxml.etree import iterwalk

    depth = deepest = 0
    for event, _element in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _shorten(tree: lxml.html.HtmlElement) -> bool:
    """Drop the paragraphs after MAX_TEXT characters; returns whether there were any."""
    size = 0
    beyond = []
    for element in tree.iter("p", "li", "tr", "dd", "pre", "blockquote"):
        size += len(element.text or "") + sum(len(part.tail or "") for part in element)
        if size > MAX_TEXT:
            beyond.append(element)
    for element in beyond:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    return bool(beyond)


def _refuse_no_article(title: str, text: str, metadata: PageMetadata) -> None:
    plain = re.sub(
        r"<[^>]*>", "", re.sub(r"</(?:p|h\d|li|div|td|pre|blockquote)>|<br/?>", "\n", text)
    )
    verdict = no_article(title, plain, locked=metadata.for_subscribers_only())
    if verdict:
        message, fix = _NO_ARTICLE[verdict]
        raise SourceError(message, fix=fix)
    if sum(not sign.isspace() for sign in plain) < MIN_LETTERS:
        raise SourceError(
            "no article can be found on that page",
            fix="check the address; a page that builds itself by script cannot be read",
        )


def _trafilatura_metadata(
    tree: lxml.html.HtmlElement, url: str, now: datetime, *, dated: bool
) -> Any:
    """trafilatura's guesses for what the markup does not state; its search for a date is slow."""
    import trafilatura

    latest = now.astimezone(UTC).strftime("%Y-%m-%d")
    return trafilatura.extract_metadata(
        tree,
        default_url=url or None,
        date_config={"original_date": True, "extensive_search": not dated, "max_date": latest},
    )


def _cut(text: str) -> str:
    """The text up to its last paragraph within the limit of an article."""
    if len(text) <= MAX_HTML:
        return text
    return text[: max(text.rfind("</p>", 0, MAX_HTML) + len("</p>"), MAX_HTML // 2)]


def _without_title(text: str, title: str) -> str:
    """The text without a heading that repeats the title, which is shown above the body."""
    heading = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    if heading and one_line(re.sub(r"<[^>]*>", "", heading[1])) == one_line(title):
        return text.replace(heading[0], "", 1)
    return text
