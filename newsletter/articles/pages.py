"""Reads the article of a web page, fetched or saved: its text, tags, author, date and picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsletter.articles.article import Image
from newsletter.articles.bylines import split_byline
from newsletter.articles.dates import read_date
from newsletter.articles.decoding import decode
from newsletter.articles.entries import Entry, picture
from newsletter.articles.sanitize import clean_text, nesting, one_line, paragraphs_html
from newsletter.articles.urls import absolute_url, canonical_url
from newsletter.errors import SourceError

if TYPE_CHECKING:
    import lxml.html

MAX_PAGE = 1_000_000
"""In characters; the rest of a longer page is cut off, because articles are near the top."""
MAX_DEPTH = 1000
MIN_LETTERS = 40
"""A page with less text is a menu or an error message."""

_ARTICLE = re.compile(r"(?:\w*Article|BlogPosting|Report|Review|Posting)\Z")
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d+\)(\S+) -->")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The name that the site gives itself, and the article of the page."""

    site: str
    entry: Entry


def parse_page(body: bytes, *, content_type: str, url: str, now: datetime) -> Page:
    """The article of an HTML page; `url` is "" for a saved file without an address.

    Raises SourceError when no article can be found on it.
    """
    import lxml.html  # It is slow to load and takes memory, so only reading a page loads it.
    from lxml.etree import LxmlError

    source = clean_text(decode(body, content_type).text)[:MAX_PAGE]
    if nesting(source) > MAX_DEPTH:
        raise SourceError("its HTML is nested too deep to read", fix="use the site's feed instead")
    try:
        tree = lxml.html.document_fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", source))
    except (LxmlError, ValueError) as error:
        raise SourceError(
            "it is not an HTML page", fix="check the address of the source"
        ) from error
    metadata = _Metadata(tree=tree, data=tuple(_article_data(tree)))
    saved = _SAVED_FROM.search(source[:5000])
    url = metadata.address(url or (saved[1] if saved else ""))
    text, found = _extracted(source, url, now)
    if len(re.sub(r"<[^>]*>|\s", "", text)) < MIN_LETTERS:
        raise SourceError(
            "no article can be found on that page",
            fix="check the address; a page that builds itself by script cannot be read",
        )
    author, agency = split_byline(metadata.author() or (found.author or "").replace(";", ","))
    summary = metadata.meta("og:description", "description") or found.description or ""
    return Page(
        site=metadata.meta("og:site_name") or found.sitename or "",
        entry=Entry(
            id=url,
            url=url,
            title=one_line(metadata.headline() or found.title or ""),
            summary=paragraphs_html([summary]) if summary else "",
            body=_without_title(text, metadata.headline() or found.title or ""),
            base=url,
            published=metadata.published() or read_date(found.date or ""),
            author=author,
            agency=agency or metadata.agency() or split_byline(metadata.meta("author"))[1],
            labels=metadata.labels(),
            image=metadata.image(url),
        ),
    )


def _extracted(source: str, url: str, now: datetime) -> tuple[str, Any]:
    """The article's HTML and trafilatura's metadata."""
    import trafilatura

    text = trafilatura.extract(
        source,
        url=url or None,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        include_links=True,
    )
    latest = now.astimezone(UTC).strftime("%Y-%m-%d")
    found = trafilatura.extract_metadata(
        source,
        default_url=url or None,
        date_config={"original_date": True, "extensive_search": True, "max_date": latest},
    )
    return text or "", found


def _without_title(text: str, title: str) -> str:
    """The text without a heading that repeats the title, which is shown above the body."""
    heading = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    if heading and one_line(re.sub(r"<[^>]*>", "", heading[1])) == one_line(title):
        return text.replace(heading[0], "", 1)
    return text


def _article_data(tree: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The objects of schema.org articles in the page's JSON-LD."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            document = json.loads(script.text_content())
        except (ValueError, RecursionError):
            continue
        for node in _nodes(document):
            if any(_ARTICLE.match(kind) for kind in _strings(node.get("@type"))):
                yield node


def _nodes(document: Any) -> Iterator[dict[str, Any]]:
    for node in document if isinstance(document, list) else [document]:
        if isinstance(node, dict):
            yield node
            yield from _nodes(node.get("@graph", []))


def _strings(value: Any) -> list[str]:
    """The strings of a value that JSON-LD may give once or in a list."""
    values = value if isinstance(value, list) else [value]
    return [part.strip() for part in values if isinstance(part, str) and part.strip()]


def _named(value: Any) -> list[str]:
    """The names of people or organisations, given as strings or objects, once or in a list."""
    values = value if isinstance(value, list) else [value]
    return _strings([part.get("name") if isinstance(part, dict) else part for part in values])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Metadata:
    """The metadata of the article in the markup of the page."""

    tree: lxml.html.HtmlElement
    data: tuple[dict[str, Any], ...]

    def metas(self, *names: str) -> list[str]:
        """The contents of all `meta` elements of these names, in the order of the names."""
        return [
            content.strip()
            for name in names
            for element in self.tree.iterfind(".//meta")
            if name in (element.get("property"), element.get("name"), element.get("itemprop"))
            and (content := element.get("content") or "").strip()
        ]

    def meta(self, *names: str) -> str:
        """The content of the first such element, or ""."""
        return next(iter(self.metas(*names)), "")

    def address(self, url: str) -> str:
        """The address that the page states for itself, else `url`."""
        links = [link.get("href") or "" for link in self.tree.iterfind(".//link[@rel='canonical']")]
        for metadata in (*links, self.meta("og:url")):
            own = absolute_url(url, metadata) if metadata else ""
            # Some sites wrongly name their front page as the canonical address of every page.
            if own and not (
                canonical_url(own).endswith("/") and canonical_url(own).count("/") == 3
            ):
                return own
        return url

    def headline(self) -> str:
        """The title without the name of the site, which <title> often includes."""
        return next(iter(self._data("headline")), "") or self.meta("og:title", "twitter:title")

    def author(self) -> str:
        """The names of all authors."""
        return ", ".join(
            dict.fromkeys(name for node in self.data for name in _named(node.get("author")))
        )

    def agency(self) -> str:
        """The organisation that the story comes from, if the page states it."""
        names = (
            name
            for node in self.data
            for key in ("sourceOrganization", "provider")
            for name in _named(node.get(key))
        )
        return one_line(next(names, ""), 100)

    def published(self) -> datetime | None:
        """The date of publication; None if the page states none."""
        times = [
            element.get("datetime") or ""
            for element in self.tree.iterfind(".//time[@datetime]")
            if element.get("pubdate") is not None
            or "publish" in (element.get("itemprop") or element.get("class") or "").lower()
        ]
        stated = (
            *self._data("datePublished"),
            *self.metas("article:published_time", "datePublished", "date", "dc.date", "DC.date"),
            *times,
        )
        return next((moment for text in stated if (moment := read_date(text))), None)

    def labels(self) -> tuple[str, ...]:
        """Tags from JSON-LD, meta elements and links with rel=tag, the most specific first."""
        lists = (*self._data("keywords"), *self.metas("article:tag", "news_keywords", "keywords"))
        linked = [
            one_line(link.text_content(), 60)
            for link in self.tree.iterfind(".//a[@rel]")
            if "tag" in (link.get("rel") or "").lower().split()
        ]
        sections = (*self._data("articleSection"), *self.metas("article:section"))
        return tuple(dict.fromkeys((*_split(lists), *linked, *_split(sections))))

    def image(self, url: str) -> Image | None:
        """The picture that the page offers for sharing."""
        address = self.meta("og:image", "og:image:url", "twitter:image")
        if address:
            return picture(
                address,
                url,
                alt=self.meta("og:image:alt", "twitter:image:alt"),
                width=self.meta("og:image:width"),
                height=self.meta("og:image:height"),
            )
        for node in self.data:
            value = node.get("image")
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, dict):
                return picture(
                    str(first.get("url") or ""),
                    url,
                    alt=str(first.get("caption") or ""),
                    width=first.get("width"),
                    height=first.get("height"),
                )
            if isinstance(first, str):
                return picture(first, url)
        return None

    def _data(self, key: str) -> list[str]:
        return [text for node in self.data for text in _strings(node.get(key))]


def _split(texts: Iterable[str]) -> Iterator[str]:
    return (part.strip() for text in texts for part in re.split(r"[,;]", text) if part.strip())
