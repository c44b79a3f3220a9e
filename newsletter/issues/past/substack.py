"""Substack's export: a ZIP archive with posts.csv and posts/ID.SLUG.html."""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html
from lxml import etree

from newsletter.articles.dates import read_date
from newsletter.articles.sanitize import MAX_DEPTH, most_open
from newsletter.errors import InputError
from newsletter.issues.past.bundle import Bundle
from newsletter.issues.past.csv_rows import csv_rows
from newsletter.issues.past.post import MAX_BODY, PastPost, Problem, Standing

_WIDGETS = (
    "subscription-widget", "subscribe-widget", "button-wrapper", "captioned-button-wrap",
    "install-substack-app-embed", "community-chat", "poll-embed", "paywall-jump",
)  # fmt: skip
"""Parts of the classes of what asks to subscribe, share or pay there."""

_CLOSED_STORE = ".s3.amazonaws.com/"
"""Where pictures are stored: it refuses strangers. The addresses in `srcset` are open."""
_IN_SRCSET = re.compile(r"(https://\S+)\s+\d+w")

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
    names = set(bundle.names)
    for row in csv_rows(bundle.read(table), table):
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
            body=_tidied(html),
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


def _tidied(html: str) -> str:
    """The body without widgets, its pictures at addresses that anybody may load."""
    if not any(mark in html for mark in (*_WIDGETS, _CLOSED_STORE)):
        return html
    if len(html) > MAX_BODY or most_open(html) > MAX_DEPTH:
        return html  # it is refused or read as plain text later
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div")
    except (etree.ParserError, ValueError):
        return html
    for element in list(root.iter(etree.Element)):
        if any(widget in element.get("class", "") for widget in _WIDGETS):
            element.drop_tree()
        elif element.tag == "img" and _CLOSED_STORE in element.get("src", ""):
            open_addresses = _IN_SRCSET.findall(element.get("srcset", ""))
            element.set("src", open_addresses[-1] if open_addresses else element.get("src"))
    return str(lxml.html.tostring(root, encoding="unicode"))
