"""A newsletter's issues as a feed: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from lxml import etree

from newsletter.rendering.corrected import StoryNote, note_html
from newsletter.store.archive import ArchivedStory

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"

_DEFAULT_ATOM: Any = {None: ATOM}  # the stubs do not allow a default namespace
# Characters that XML 1.0 cannot contain, not even escaped (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """One issue, or one story of it. `url` is its page, and its identity too without an `identity`.

    `content` is safe HTML, in place of the list of the `stories`. `updated` is when it was last
    corrected, or else published; `notes` are the corrections.
    """

    url: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    stories: Sequence[ArchivedStory]
    notes: Sequence[StoryNote] = ()
    content: str = ""
    identity: str = ""

    @property
    def id(self) -> str:
        """What it is known by, however often it is read."""
        return self.identity or self.url

    @property
    def html(self) -> str:
        """The content, or the headlines with their links in our own markup."""
        return self.content or "<ul>" + "".join(map(self._line, self.stories)) + "</ul>"

    def _line(self, story: ArchivedStory) -> str:
        ours = (note_html(note) for note in self.notes if note.story == story.key)
        return _line(story, "".join(f"<br>{note}" for note in ours))

    @property
    def is_corrected(self) -> bool:
        """Whether it is not as it was published."""
        return self.updated > self.published

    @property
    def labels(self) -> Sequence[str]:
        """The labels of its stories' tags, each once."""
        return list(dict.fromkeys(tag.label for story in self.stories for tag in story.tags))


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFeed:
    """A feed, the newest issues first. `home` is the page that lists them, `address` the feed's URL."""

    title: str
    description: str
    home: str
    address: str
    language: str
    author: str
    updated: datetime
    entries: Sequence[FeedEntry]


def rss(feed: IssueFeed) -> bytes:
    """The feed as RSS 2.0."""
    root = etree.Element("rss", nsmap={"atom": ATOM, "content": CONTENT}, version="2.0")
    channel = etree.SubElement(root, "channel")
    _put(channel, "title", feed.title)
    _put(channel, "link", feed.home)
    _put(channel, "description", feed.description)
    _put(channel, "language", feed.language)
    _put(channel, "lastBuildDate", format_datetime(feed.updated))
    etree.SubElement(
        channel, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=feed.address
    )
    for entry in feed.entries:
        item = etree.SubElement(channel, "item")
        _put(item, "title", entry.title)
        _put(item, "link", entry.url)
        _put(item, "guid", entry.url)
        _put(item, "pubDate", format_datetime(entry.published))
        if entry.is_corrected:
            _put(item, f"{{{ATOM}}}updated", entry.updated.isoformat())
        _put(item, "description", entry.summary)
        for label in entry.labels:
            _put(item, "category", label)
        _put(item, f"{{{CONTENT}}}encoded", entry.html)
    return _document(root)


def atom(feed: IssueFeed) -> bytes:
    """The feed as Atom."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=_DEFAULT_ATOM)
    root.set("{http://www.w3.org/XML/1998/namespace}lang", feed.language)
    _put(root, f"{{{ATOM}}}id", feed.address)
    _put(root, f"{{{ATOM}}}title", feed.title)
    _put(root, f"{{{ATOM}}}subtitle", feed.description)
    _put(root, f"{{{ATOM}}}updated", feed.updated.isoformat())
    etree.SubElement(root, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=feed.home)
    etree.SubElement(
        root, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=feed.address
    )
    _put(etree.SubElement(root, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", feed.author)
    for entry in feed.entries:
        node = etree.SubElement(root, f"{{{ATOM}}}entry")
        _put(node, f"{{{ATOM}}}id", entry.id)
        _put(node, f"{{{ATOM}}}title", entry.title)
        page = etree.SubElement(node, f"{{{ATOM}}}link", rel="alternate", type="text/html")
        page.set("href", _xml(entry.url))
        _put(node, f"{{{ATOM}}}published", entry.published.isoformat())
        _put(node, f"{{{ATOM}}}updated", entry.updated.isoformat())
        for label in entry.labels:
            etree.SubElement(node, f"{{{ATOM}}}category", term=_xml(label))
        _put(node, f"{{{ATOM}}}summary", entry.summary)
        _put(node, f"{{{ATOM}}}content", entry.html).set("type", "html")
    return _document(root)


def json_feed(feed: IssueFeed) -> bytes:
    """The feed as JSON Feed."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "summary": entry.summary,
                "content_html": entry.html,
                "date_published": entry.published.isoformat(),
                **({"date_modified": entry.updated.isoformat()} if entry.is_corrected else {}),
                "tags": entry.labels,
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8", "replace")


def _line(story: ArchivedStory, notes: str) -> str:
    """A story in a list; `notes` is the HTML of its corrections."""
    summary = (f"<br>{escape(story.summary)}" if story.summary else "") + notes
    title = escape(story.title)
    if not story.url.startswith(("https://", "http://")):
        return f"<li>{title}{summary}</li>"
    return f'<li><a href="{escape(story.url)}">{title}</a>{summary}</li>'


def _put(parent: etree._Element, name: str, text: str) -> etree._Element:
    node = etree.SubElement(parent, name)
    node.text = _xml(text)
    return node


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _document(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
