"""Past issues as files: Markdown with front matter, or HTML pages, one issue each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html import unescape
from typing import Any

from newsletter.articles.dates import read_date_line
from newsletter.articles.folder import split_front_matter
from newsletter.articles.sanitize import plain_text
from newsletter.errors import SourceError
from newsletter.issues.past.bundle import Bundle
from newsletter.issues.past.post import PastPost, Problem, Standing

MARKDOWN = (".md", ".markdown")
HTML = (".html", ".htm")

_DATED_NAME = re.compile(r"(\d{4}-\d\d-\d\d)[-_ ]*(.*)")
_TITLE = re.compile(r"<title[^>]*>(.{1,2000}?)</title>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h1[^>]*>(.{1,2000}?)</h1>", re.IGNORECASE | re.DOTALL)
_MARKDOWN_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_META = re.compile(r"<meta\b[^>]{1,2000}>", re.IGNORECASE)
_TIME = re.compile(r"""<time\b[^>]{0,500}?\bdatetime=["']([^"']{4,60})["']""", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\b(name|property|content)\s*=\s*["']([^"']{0,1000})["']""", re.IGNORECASE
)
_DATES_IN_META = ("article:published_time", "date", "dc.date", "dcterms.date", "pubdate")
_DATES = ("date", "publish_date", "published_at", "published", "pubdate")
_NO = frozenset({"false", "no", "0"})
_YES = frozenset({"true", "yes", "1"})


def read_files(bundle: Bundle) -> Iterator[PastPost]:
    """Every Markdown and HTML file."""
    for name in bundle.names:
        if name.lower().endswith((*MARKDOWN, *HTML)):
            yield _read(name, bundle.read(name))


def has_files(bundle: Bundle) -> bool:
    """Whether there is a Markdown or HTML file."""
    return any(name.lower().endswith((*MARKDOWN, *HTML)) for name in bundle.names)


def _read(name: str, content: bytes) -> PastPost:
    unreadable = PastPost(key=name, title=name, problem=Problem.NO_TEXT)
    try:
        text = content.decode("utf-8-sig")
        if name.lower().endswith(HTML):
            return _read_html(name, text)
        return _read_markdown(name, text)
    except (UnicodeDecodeError, SourceError):
        return unreadable


def _read_markdown(name: str, text: str) -> PastPost:
    fields, body = split_front_matter(text)
    date, stem = _dated(name)
    title = _text(fields, "title") or _text(fields, "subject")
    heading = _MARKDOWN_HEADING.match(body)
    if heading and title in ("", heading[1]):
        title, body = heading[1], body[heading.end() :]
    return PastPost(
        key=name,
        title=title,
        slug=_text(fields, "slug") or stem,
        summary=_text(fields, "summary")
        or _text(fields, "description")
        or _text(fields, "subtitle"),
        body=body,
        is_markdown=True,
        published=next(filter(None, (read_date_line(_text(fields, key)) for key in _DATES)), date),
        standing=_standing(fields),
    )


def _read_html(name: str, text: str) -> PastPost:
    date, stem = _dated(name)
    head = text[:100_000]
    title = _TITLE.search(head) or _HEADING.search(head)
    meta = _meta(head)
    shown = _TIME.search(head)
    written = [meta.get(key, "") for key in _DATES_IN_META] + ([shown[1]] if shown else [])
    return PastPost(
        key=name,
        title=plain_text(title[1]) if title else "",
        slug=stem,
        summary=meta.get("description", ""),
        body=_TITLE.sub("", text, count=1),
        published=next(filter(None, map(read_date_line, written)), date),
    )


def _dated(name: str) -> tuple[datetime | None, str]:
    """The date at the beginning of the file's name, and the rest of the name."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    match = _DATED_NAME.fullmatch(stem)
    return (read_date_line(match[1]), match[2]) if match else (None, stem)


def _meta(head: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for tag in _META.findall(head):
        values = {key.lower(): value for key, value in _ATTRIBUTE.findall(tag)}
        key = values.get("name") or values.get("property") or ""
        found.setdefault(key.lower(), unescape(values.get("content", "")))
    return found


def _standing(fields: Mapping[str, Any]) -> Standing:
    status = _text(fields, "status").lower()
    is_draft = (
        _text(fields, "draft").lower() in _YES
        or _text(fields, "published").lower() in _NO
        or status in ("draft", "scheduled")
    )
    if is_draft:
        return Standing.DRAFT
    is_restricted = _text(fields, "email_type").lower() in ("premium", "private")
    return Standing.RESTRICTED if is_restricted else Standing.PUBLISHED


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return str(value).strip() if isinstance(value, str | int | float) else ""
