"""Mailchimp's account export: a ZIP archive with campaigns.csv and a file of each campaign's HTML.

Its help page names `campaigns.csv` and the folder `campaigns_content` (looked up in November 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import lxml.html
from lxml import etree

from newsletter.articles.dates import read_date_line
from newsletter.articles.sanitize import MAX_DEPTH, most_open
from newsletter.articles.tags import slug_of
from newsletter.issues.past.bundle import Bundle
from newsletter.issues.past.csv_rows import csv_rows
from newsletter.issues.past.post import MAX_BODY, PastPost, Problem, Standing

_TABLE, _FOLDER = "campaigns.csv", "campaigns_content"
_SENT = ("send date", "sent at", "send time", "sent")
_KEYS = ("unique id", "campaign id", "id")
_MERGE_TAG = re.compile(r"\*\|[^|<>]{1,200}\|\*")
_LEADS_TO_ACCOUNT = re.compile(
    r"\*\|(?:UNSUB|UPDATE_PROFILE|ARCHIVE|FORWARD|REWARDS|ABOUT_LIST|FACEBOOK|TWITTER)",
    re.IGNORECASE,
)
"""Links that only work in a reader's mail: to unsubscribe, to the web version, to share."""

_NUMBERED = re.compile(r"(?:[0-9a-f]{6,}|\d+)[-_ ]+(?=\S)", re.IGNORECASE)


def is_mailchimp(bundle: Bundle) -> bool:
    """Whether it has a table of campaigns and a folder of their contents."""
    return _table_name(bundle) is not None and bool(_contents(bundle))


def read_mailchimp(bundle: Bundle) -> Iterator[PastPost]:
    """Every row of campaigns.csv with the file of its HTML, which is named after it."""
    contents, table = _contents(bundle), _table_name(bundle)
    for row in csv_rows(bundle.read(table), table) if table else ():
        # A row with more cells than the header has a list of them without a name.
        named = {name: cell for name, cell in row.items() if isinstance(cell, str)}
        fields = {name.strip().casefold(): cell.strip() for name, cell in named.items()}
        title = fields.get("subject") or fields.get("title") or ""
        key = _first(fields, _KEYS)
        sent = _first(fields, _SENT)
        name = _file_of(contents, key, (fields.get("title") or "", title))
        html = bundle.read(name).decode("utf-8", "replace") if name and sent else ""
        yield PastPost(
            key=f"mailchimp:{key or slug_of(f'{sent} {title}')}",
            title=_MERGE_TAG.sub("", title),
            slug=slug_of(_MERGE_TAG.sub("", title)),
            body=_tidied(html),
            published=read_date_line(sent),
            standing=Standing.PUBLISHED if sent else Standing.DRAFT,
            problem=None if html else Problem.NO_BODY,
        )


def _table_name(bundle: Bundle) -> str | None:
    names = [name for name in bundle.names if name.rpartition("/")[2].casefold() == _TABLE]
    return min(names, key=len, default=None)


def _contents(bundle: Bundle) -> Sequence[str]:
    """The HTML files of campaigns."""
    return [
        name
        for name in bundle.names
        if _FOLDER in name.casefold().split("/") and name.casefold().endswith((".html", ".htm"))
    ]


def _first(fields: Mapping[str, str], names: Sequence[str]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _file_of(contents: Sequence[str], key: str, titles: Sequence[str]) -> str | None:
    """The file that has the campaign's id in its name, or else the only one with its title."""
    stems = {name: name.rpartition("/")[2].rpartition(".")[0] for name in contents}
    if key:
        by_id = next(
            (name for name, stem in stems.items() if key in re.split(r"[-_. ]", stem)), None
        )
        if by_id is not None:
            return by_id
    for slug in filter(None, map(slug_of, titles)):
        named = [
            n for n, stem in stems.items() if slug in (slug_of(stem), slug_of(_unnumbered(stem)))
        ]
        if len(named) == 1:
            return named[0]
    return None


def _unnumbered(stem: str) -> str:
    return _NUMBERED.sub("", stem, count=1)


def _tidied(html: str) -> str:
    """The body without merge tags, and without links that only work in a reader's mail."""
    if "*|" not in html or len(html) > MAX_BODY or most_open(html) > MAX_DEPTH:
        return html  # a body that is too long or too deep is refused or read as plain text later
    try:
        root = lxml.html.fragment_fromstring(html, create_parent="div")
    except (etree.ParserError, ValueError):
        return _MERGE_TAG.sub("", html)
    for link in list(root.iter("a")):
        if _LEADS_TO_ACCOUNT.search(link.get("href", "")):
            link.drop_tree()
    return _MERGE_TAG.sub("", str(lxml.html.tostring(root, encoding="unicode")))
