"""OPML 2.0 (http://opml.org/spec2.opml): the lists of feeds that feed readers import and export."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from newsletter.articles.decoding import decode
from newsletter.articles.sanitize import one_line

MAX_DEPTH = 50
_BARE_AMPERSAND = re.compile(
    r"&(?!#\d{1,7};|#x[0-9a-f]{1,6};|(?:amp|lt|gt|quot|apos);)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpmlFeed:
    """One feed: `url` as written, "" if there is none; `tags` are its folders and categories."""

    url: str
    title: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OpmlDocument:
    """The feeds of a file in its order, repeated ones too; or the problem that it has."""

    feeds: tuple[OpmlFeed, ...] = ()
    problem: str = ""


def parse_opml(body: bytes) -> OpmlDocument:
    """Read an OPML file; never raises. XML entities are not expanded."""
    from lxml import etree  # slow to load

    text = re.sub(r"\A\s*<\?xml[^>]*>", "", decode(body).text)
    if "<!entity" in text.lower():
        return OpmlDocument(problem="it declares XML entities, which are never expanded")
    text = _BARE_AMPERSAND.sub("&amp;", text)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return OpmlDocument(problem=f"it is not an OPML file: {one_line(str(error), 120)}")
    if root is None or str(root.tag).rpartition("}")[2].lower() != "opml":
        return OpmlDocument(problem="it is not an OPML file: its first element is not opml")
    return OpmlDocument(feeds=tuple(_feeds_below(root, (), 0)))


def _feeds_below(element: Any, folders: tuple[str, ...], depth: int) -> Iterator[OpmlFeed]:
    for child in element:
        if not isinstance(child.tag, str) or depth > MAX_DEPTH:
            continue
        values = {name.lower(): one_line(value, 2000) for name, value in child.attrib.items()}
        title = values.get("title") or values.get("text") or ""
        named_feed = values.get("type", "").lower() in ("rss", "atom", "feed")
        # Some readers write type="rss" for folders too.
        is_feed = bool(values.get("xmlurl")) or (named_feed and len(child) == 0)
        if is_feed:
            categories = [part.strip().strip("/") for part in values.get("category", "").split(",")]
            tags = tuple(dict.fromkeys(filter(None, (*folders, *categories))))
            yield OpmlFeed(
                url=values.get("xmlurl") or values.get("url", ""), title=title, tags=tags
            )
        inner = (*folders, title) if title and not is_feed else folders
        yield from _feeds_below(child, inner, depth + 1)


def write_opml(title: str, feeds: Sequence[OpmlFeed], *, now: datetime) -> str:
    """An OPML document with the feeds; their tags are categories."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    for feed in feeds:
        outline = etree.SubElement(body, "outline", type="rss", text=feed.title, title=feed.title)
        outline.set("xmlUrl", feed.url)
        if feed.tags:
            outline.set("category", ",".join(tag.replace(",", " ") for tag in feed.tags))
    document = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return document.decode("utf-8")
