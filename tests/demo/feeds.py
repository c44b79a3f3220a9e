"""Writes a publication as RSS 2.0, Atom (RFC 4287) or JSON Feed 1.1."""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from tests.demo.articles import PICTURE_SIZE, Publication, SampleArticle

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
WIDTH, HEIGHT = (str(side) for side in PICTURE_SIZE)

for _prefix, _namespace in (("content", CONTENT), ("dc", DUBLIN_CORE), ("media", MEDIA)):
    ET.register_namespace(_prefix, _namespace)


def rss(publication: Publication, base: str) -> bytes:
    """RSS 2.0 with content:encoded, dc:creator and media:content."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _text(channel, "title", publication.title)
    _text(channel, "link", f"{base}/{publication.folder}/")
    _text(channel, "description", publication.about)
    for article in publication.articles:
        item = ET.SubElement(channel, "item")
        _text(item, "title", article.title)
        _text(item, "link", f"{base}/{article.path}")
        _text(item, "guid", f"{base}/{article.path}")
        _text(item, "pubDate", format_datetime(article.published))
        _text(item, f"{{{DUBLIN_CORE}}}creator", article.by)
        for tag in article.tags:
            _text(item, "category", tag)
        _text(item, "description", article.summary)
        _text(item, f"{{{CONTENT}}}encoded", article.body_html)
        if article.picture:
            media = ET.SubElement(
                item,
                f"{{{MEDIA}}}content",
                url=f"{base}/pictures/{article.picture.file}",
                medium="image",
                type="image/png",
                width=WIDTH,
                height=HEIGHT,
            )
            _text(media, f"{{{MEDIA}}}description", article.picture.alt)
    return _document(root)


def atom(publication: Publication, base: str) -> bytes:
    """Atom, with the picture as the first thing in the content."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")
    _text(root, f"{{{ATOM}}}title", publication.title)
    _text(root, f"{{{ATOM}}}subtitle", publication.about)
    _text(root, f"{{{ATOM}}}id", f"{base}/{publication.folder}/")
    _text(root, f"{{{ATOM}}}updated", publication.articles[0].published.isoformat())
    for article in publication.articles:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        _text(entry, f"{{{ATOM}}}title", article.title)
        _text(entry, f"{{{ATOM}}}id", f"{base}/{article.path}")
        ET.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", href=f"{base}/{article.path}")
        _text(entry, f"{{{ATOM}}}published", article.published.isoformat())
        _text(entry, f"{{{ATOM}}}updated", article.published.isoformat())
        _text(ET.SubElement(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", article.by)
        for tag in article.tags:
            ET.SubElement(entry, f"{{{ATOM}}}category", term=tag)
        _text(entry, f"{{{ATOM}}}summary", article.summary)
        content = ET.SubElement(entry, f"{{{ATOM}}}content", type="html")
        content.text = picture_html(article, base) + article.body_html
    return _document(root)


def json_feed(publication: Publication, base: str) -> bytes:
    """JSON Feed 1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publication.title,
        "description": publication.about,
        "home_page_url": f"{base}/{publication.folder}/",
        "items": [_json_item(article, base) for article in publication.articles],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_item(article: SampleArticle, base: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": f"{base}/{article.path}",
        "url": f"{base}/{article.path}",
        "title": article.title,
        "summary": article.summary,
        "content_html": picture_html(article, base) + article.body_html,
        "date_published": article.published.isoformat(),
        "authors": [{"name": article.by}],
        "tags": list(article.tags),
    }
    if article.picture:
        item["image"] = f"{base}/pictures/{article.picture.file}"
    return item


def picture_html(article: SampleArticle, base: str) -> str:
    """The article's picture as an img element, or nothing."""
    if not article.picture:
        return ""
    return (
        f'<img src="{base}/pictures/{article.picture.file}" width="{WIDTH}" height="{HEIGHT}" '
        f'alt="{escape(article.picture.alt)}">'
    )


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document
