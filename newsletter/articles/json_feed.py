"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from newsletter.articles.article import Image
from newsletter.articles.bylines import split_byline
from newsletter.articles.entries import Entry, Origin, picture
from newsletter.articles.sanitize import one_line, paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.urls import absolute_url
from newsletter.errors import SourceError

Document = tuple[str, tuple[Entry, ...], tuple[SourceFinding, ...]]


def looks_like_json(body: bytes) -> bool:
    """Whether the body begins like a JSON object."""
    return body[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def parse_json_feed(body: bytes, *, url: str, origin: Origin) -> Document:
    """Title, entries and findings of a JSON Feed; raises SourceError if it is not one."""
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"it is not valid JSON: {one_line(str(error), 120)}", fix="tell the source's owner"
        ) from error
    version = str(feed.get("version", "")) if isinstance(feed, dict) else ""
    items = feed.get("items") if isinstance(feed, dict) else None
    if "jsonfeed.org/version/" not in version or not isinstance(items, list):
        raise SourceError("it is JSON, but not a JSON Feed", fix="check the address of the source")
    entries = tuple(_entry(item, feed, url) for item in items if isinstance(item, dict))
    findings = []
    if len(entries) < len(items):
        findings.append(
            origin.warning(f"{len(items) - len(entries)} items are not objects, and are left out")
        )
    if not items:
        findings.append(origin.notice("a feed without entries"))
    return one_line(_text(feed, "title"), 100), entries, tuple(findings)


def _entry(item: dict[str, Any], feed: dict[str, Any], url: str) -> Entry:
    """The entry of an item; without a `url` its address is `external_url`, the page it links to."""
    author, agency = split_byline(_authors(item) or _authors(feed))
    plain = _text(item, "content_text")
    summary = _text(item, "summary")
    address = _text(item, "url") or _text(item, "external_url") or _text(item, "id")
    return Entry(
        id=str(item.get("id") or ""),
        url=absolute_url(url, address) if "/" in address else "",
        title=one_line(_text(item, "title")),
        summary=paragraphs_html([summary]) if summary else "",
        body=_text(item, "content_html") or paragraphs_html(plain.split("\n\n")),
        base=url,
        published=_date(item.get("date_published")) or _date(item.get("date_modified")),
        author=author,
        agency=agency,
        labels=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        image=_image(item, url),
    )


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _list(table: dict[str, Any], key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else []


def _authors(table: dict[str, Any]) -> str:
    """The names of the authors: version 1.1 has a list, version 1.0 a single author."""
    people = [*_list(table, "authors"), table.get("author")]
    names = (one_line(_text(person, "name"), 100) for person in people if isinstance(person, dict))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _date(value: Any) -> datetime | None:
    """A date of RFC 3339, as JSON Feed requires; without a zone it is read as UTC."""
    try:
        date = datetime.fromisoformat(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _image(item: dict[str, Any], url: str) -> Image | None:
    pictures = [_text(item, "image"), _text(item, "banner_image")]
    pictures += [
        _text(attachment, "url")
        for attachment in _list(item, "attachments")
        if isinstance(attachment, dict) and _text(attachment, "mime_type").startswith("image/")
    ]
    return next(
        (found for address in pictures if address and (found := picture(address, url))), None
    )
