"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from newsletter.articles.article import Enclosure
from newsletter.articles.bylines import split_byline
from newsletter.articles.decoding import decode
from newsletter.articles.entries import Entry, Origin
from newsletter.articles.entry_text import unescaped_line
from newsletter.articles.feed_authors import author_names
from newsletter.articles.feed_dates import DateHabits, habits_of, read_feed_date
from newsletter.articles.feed_labels import labels_of
from newsletter.articles.pictures import Candidate
from newsletter.articles.producers import own_title, unwrapped
from newsletter.articles.provenance import FieldSource
from newsletter.articles.sanitize import one_line, paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.urls import absolute_url
from newsletter.errors import SourceError

Document = tuple[str, tuple[Entry, ...], tuple[SourceFinding, ...]]
DATES = ("date_published", "date_modified")
_LAST_COMMA = re.compile(r",(\s*[\]}])")
ADDRESSES = ("url", "external_url", "id")
"""In the order of preference: without a `url`, an item is about the page that it links to."""


def looks_like_json(body: bytes) -> bool:
    """Whether the body begins like a JSON object."""
    return body[:1000].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip().startswith(b"{")


def parse_json_feed(body: bytes, *, url: str, origin: Origin) -> Document:
    """Title, entries and findings of a JSON Feed; raises SourceError if it is not one."""
    try:
        feed = _loads(decode(body).text)
    except ValueError as error:
        raise SourceError(
            f"it is not valid JSON: {one_line(str(error), 120)}", fix="tell the source's owner"
        ) from error
    version = str(feed.get("version", "")) if isinstance(feed, dict) else ""
    items = feed.get("items") if isinstance(feed, dict) else None
    stated = "jsonfeed.org/version/" in version
    if not isinstance(items, list) or not (stated or any(map(_is_item, items))):
        raise SourceError("it is JSON, but not a JSON Feed", fix="check the address of the source")
    objects = [item for item in items if isinstance(item, dict)]
    habits = habits_of(
        (_text(item, name) for item in objects for name in DATES),
        language=_text(feed, "language"),
        zone=origin.zone,
    )
    entries = tuple(_entry(item, feed, url, origin, habits) for item in objects)
    findings = []
    if len(entries) < len(items):
        findings.append(
            origin.warning(f"{len(items) - len(entries)} items are not objects, and are left out")
        )
    if not items:
        findings.append(origin.notice("a feed without entries"))
    return one_line(_text(feed, "title"), 100), entries, tuple(findings)


def _loads(text: str) -> Any:
    """The value of the JSON, also where a comma stands before a closing bracket. Raises ValueError."""
    try:
        try:
            return json.loads(text, strict=False)
        except ValueError:
            return json.loads(_LAST_COMMA.sub(r"\1", text), strict=False)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _is_item(item: object) -> bool:
    """Whether this is an item of a JSON Feed, which need not state its version to be understood."""
    if not isinstance(item, dict):
        return False
    names = {"content_html", "content_text", "summary", "title", "date_published"} & item.keys()
    return bool(names and {"id", "url"} & item.keys())


def _entry(
    item: dict[str, Any], feed: dict[str, Any], url: str, origin: Origin, habits: DateHabits
) -> Entry:
    author, agency = split_byline(_authors(item) or _authors(feed))
    plain = _text(item, "content_text")
    summary = _text(item, "summary")
    address, place = next(
        ((text, name) for name in ADDRESSES if "/" in (text := _text(item, name))), ("", "")
    )
    dates = ((name, read_feed_date(_text(item, name), habits)) for name in DATES)
    dated_by, published = next(((name, date) for name, date in dates if date), ("", None))
    link = unwrapped(absolute_url(url, address)) if address else ""
    return Entry(
        id=str(item.get("id") or ""),
        url=link,
        title=own_title(one_line(unescaped_line(_text(item, "title")))),
        summary=paragraphs_html([summary]) if summary else "",
        body=_text(item, "content_html") or paragraphs_html(plain.split("\n\n")),
        base=link or url,
        published=published,
        author=author,
        agency=agency,
        labels=labels_of(
            (tag for tag in _list(item, "tags") if isinstance(tag, str)), origin.vocabulary
        ),
        pictures=tuple(_pictures(item, link or url)),
        enclosure=_enclosure(item, link or url),
        language=_text(item, "language") or _text(feed, "language"),
        found=tuple(
            FieldSource(field=field, place=where)
            for field, where in (("link", place), ("date", dated_by))
            if where
        ),
    )


def _text(table: dict[str, Any], key: str) -> str:
    """The text of the field; a number as its digits, and of an object its address or name."""
    value = table.get(key)
    if isinstance(value, dict):
        value = value.get("url") or value.get("name")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value if isinstance(value, str) else ""


def _list(table: dict[str, Any], key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else [value] if value else []


def _authors(table: dict[str, Any]) -> str:
    """The names of the authors: version 1.1 has a list, version 1.0 a single author."""
    people = [*_list(table, "authors"), table.get("author")]
    return author_names(
        _text(person, "name") if isinstance(person, dict) else person
        for person in people
        if isinstance(person, dict | str)
    )


def _attachments(item: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Address, media type and the object of each attachment."""
    for attachment in _list(item, "attachments"):
        if isinstance(attachment, dict) and _text(attachment, "url"):
            yield _text(attachment, "url"), _text(attachment, "mime_type"), attachment


def _pictures(item: dict[str, Any], base: str) -> Iterator[Candidate]:
    for name in ("image", "banner_image"):
        if _text(item, name):
            yield Candidate(url=absolute_url(base, _text(item, name)), place=name, guess=1000)
    for number, (url, kind, _attachment) in enumerate(_attachments(item), 1):
        if kind.startswith("image/"):
            yield Candidate(url=absolute_url(base, url), place=f"attachment #{number}", type=kind)


def _enclosure(item: dict[str, Any], base: str) -> Enclosure | None:
    for url, kind, attachment in _attachments(item):
        address = absolute_url(base, url)
        if address and not kind.startswith("image/"):
            return Enclosure(
                url=address,
                type=one_line(kind, 100),
                length=_count(attachment.get("size_in_bytes")),
                seconds=_count(attachment.get("duration_in_seconds")),
            )
    return None


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 1 <= value < 1e15 else None
