"""Substack's export: a ZIP archive with posts.csv and posts/ID.SLUG.html."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import lxml.html
from lxml import etree

from newsletter.articles.dates import read_date
from newsletter.articles.sanitize import MAX_DEPTH, nesting
from newsletter.errors import InputError
from newsletter.issues.past.bundle import Bundle
from newsletter.issues.past.post import MAX_BODY, PastPost, Problem, Standing

_WIDGETS = (
    "subscription-widget", "subscribe-widget", "button-wrapper", "captioned-button-wrap",
    "install-substack-app-embed", "community-chat", "poll-embed", "paywall-jump",
)  # fmt: skip
"""Parts of the classes of what asks to subscribe, share or pay there."""

_KINDS = frozenset({"newsletter", "podcast", ""})


def is_substack(bundle: Bundle) -> bool:
    """Whether it has a table of posts with Substack's columns."""
    name = _table_name(bundle)
    return name is not None and b"post_id" in bundle.read(name)[:2000].partition(b"\n")[0]


def read_substack(bundle: Bundle) -> Iterator[PastPost]:
    """Every row of posts.csv with the file of its body."""
    table = _table_name(bundle)
    if table is None:
        raise InputError("the export has no posts.csv", fix="import the ZIP file as it came")
    folder = table[: -len("posts.csv")]
    text = bundle.read(table).decode("utf-8-sig", "replace")
    names = set(bundle.names)
    for row in csv.DictReader(io.StringIO(text)):
        post_id = (row.get("post_id") or "").strip()
        if not post_id:
            continue
        number, _, slug = post_id.partition(".")
        body = f"{folder}posts/{post_id}.html"
        standing = _standing(row)
        has_body = body in names and standing is Standing.PUBLISHED
        html = bundle.read(body).decode("utf-8", "replace") if has_body else ""
        yield PastPost(
            key=f"substack:{number}",
            title=row.get("title") or "",
            slug=slug,
            summary=row.get("subtitle") or "",
            body=_without_widgets(html),
            published=read_date(row.get("post_date") or row.get("email_sent_at") or ""),
            standing=standing,
            problem=None if html else Problem.NO_BODY,
        )


def _table_name(bundle: Bundle) -> str | None:
    names = [name for name in bundle.names if name.rpartition("/")[2] == "posts.csv"]
    return min(names, key=len, default=None)


def _standing(row: dict[str, str]) -> Standing:
    if (row.get("is_published") or "").strip().lower() != "true":
        return Standing.DRAFT
    if (row.get("type") or "").strip().lower() not in _KINDS:
        return Standing.NOT_AN_ISSUE
    is_public = (row.get("audience") or "everyone").strip().lower() == "everyone"
    return Standing.PUBLISHED if is_public else Standing.RESTRICTED


def _without_widgets(html: str) -> str:
    if not any(widget in html for widget in _WIDGETS):
        return html
    if len(html) > MAX_BODY or nesting(html) > MAX_DEPTH:
        return html  # it is refused or read as plain text later
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div")
    except (etree.ParserError, ValueError):
        return html
    for element in list(root.iter(etree.Element)):
        if any(widget in element.get("class", "") for widget in _WIDGETS):
            element.drop_tree()
    return str(lxml.html.tostring(root, encoding="unicode"))
