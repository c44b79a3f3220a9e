"""`python -m benchmarks.feed_corpora FOLDER`: reads every feed of a folder, and compares what is expected.

The folder holds feeds that others publish as test data; none are part of this project. A file may
state what feedparser makes of it ("Expect: … entries[0]['title'] == 'Example'"), or have a .json
file of the same name beside it with the `items` or `entries` of gofeed. Fields are compared as readers
see them: titles without markup, authors as names. A feed that takes long, much memory, or raises is named.
"""

from __future__ import annotations

import argparse
import ast
import calendar
import json
import re
import resource
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newsletter.articles.bylines import split_byline
from newsletter.articles.entries import Entry, Origin, articles_of
from newsletter.articles.feed_dates import read_feed_date
from newsletter.articles.feeds import parse_feed
from newsletter.articles.sanitize import one_line, plain_text
from newsletter.articles.tags import make_vocabulary
from newsletter.errors import SourceError

ORIGIN = Origin(
    source="Corpus",
    location="http://127.0.0.1:8097/feed.xml",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 3, 8, tzinfo=UTC),
)
SLOW = 5.0
"""In seconds."""
_EXPECTED = re.compile(
    r"entries\[(\d+)\](?:\[['\"]|\.)(title|link|published_parsed|updated_parsed|created_parsed|author_detail|tags)"
    r"(?:['\"]\])?(\[['\"]name['\"]\]|\.name|\[\d+\]\[['\"]term['\"]\])?\s*==\s*"
    r"(u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\"|\([\d, ]+\))"
)


def main() -> None:
    """Read the folder and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--differences", action="store_true", help="also print what differs")
    options = parser.parse_args()
    files = [path for path in sorted(options.folder.rglob("*")) if path.suffix in (".xml", ".rss")]
    outcomes: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for path in files:
        begun = time.process_time()
        entries = _read(path, outcomes)
        if time.process_time() - begun > SLOW:
            print(f"slow: {path}")
        for field, wanted, read in _comparisons(path, entries):
            compared[field] += 1
            equal[field] += wanted == read
            if options.differences and wanted != read:
                print(f"{path.name}: {field}: {read!r}, expected {wanted!r}")
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(f"{len(files)} files: {dict(outcomes)}; {megabytes} MB")
    for field in sorted(compared):
        print(f"{field}: {equal[field]} of {compared[field]}")


def _read(path: Path, outcomes: Counter[str]) -> tuple[Entry, ...]:
    body = path.read_bytes()
    stated = re.search(rb"Header:\s*Content-type:\s*([^\r\n]*)", body)
    content_type = stated[1].decode("latin-1") if stated else ""
    try:
        document = parse_feed(body, content_type=content_type, url=ORIGIN.location, origin=ORIGIN)
        articles_of(document.entries, ORIGIN)
    except SourceError as error:
        outcomes["refused"] += 1
        outcomes[error.problem.message[:60]] += 1
        return ()
    outcomes["read"] += 1
    return document.entries


def _comparisons(path: Path, entries: tuple[Entry, ...]) -> Iterator[tuple[str, Any, Any]]:
    """Field, expected value, and the value that was read, for whatever the corpus states."""
    text = path.read_bytes().replace(b"\0", b"").decode("utf-8", "replace")
    expected = re.search(r"Expect:\s*(.*)", text)
    for number, name, part, literal in _EXPECTED.findall(expected[1] if expected else ""):
        if int(number) < len(entries) and (name != "tags" or part):
            yield _of_feedparser(entries[int(number)], name, ast.literal_eval(literal))
    for item, entry in zip(_items_beside(path), entries, strict=False):
        yield from _of_gofeed(entry, item)


def _items_beside(path: Path) -> list[dict[str, Any]]:
    """What gofeed reads in the feed: the items of RSS, or the entries of Atom, by its own names."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        return []
    document = json.loads(beside.read_text(encoding="utf-8"))
    return document.get("items") or document.get("entries") or []


def _of_feedparser(entry: Entry, name: str, wanted: Any) -> tuple[str, Any, Any]:
    match name:
        case "title":
            plain = one_line(plain_text(wanted))
            return "title", wanted if wanted == entry.title else plain, entry.title
        case "link":
            return "link", wanted, entry.url
        case "author_detail":
            return "author", wanted, entry.author
        case "tags":
            return "tag", wanted, wanted if wanted in entry.labels else entry.labels
        case _:
            return "date", datetime.fromtimestamp(calendar.timegm(wanted), UTC), entry.published


def _of_gofeed(entry: Entry, item: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    if "title" in item:
        title = item["title"]
        once = one_line(plain_text(title))
        ways = (title, once, _seen(title))
        yield "title", entry.title if entry.title in ways else once, entry.title
    links = (other for other in item.get("links", ()) if isinstance(other, dict))
    alternate = (other.get("href") for other in links if other.get("rel") == "alternate")
    link = item.get("link") or next(alternate, "")
    if link:
        yield "link", link, entry.url
    stated = next((item[name] for name in _GOFEED_DATES if item.get(name)), "")
    if stated:
        yield "date", read_feed_date(stated), entry.published
    name = _name_in(item.get("author") or next(iter(item.get("authors", ())), ""))
    if name:
        yield "author", _seen(name), entry.author
    labels = tuple(_label_of(category) for category in item.get("categories", ()))
    if labels:
        yield "tag", labels, entry.labels
    if (item.get("image") or {}).get("url"):
        shown = next((candidate.url for candidate in entry.pictures), "")
        yield "picture", item["image"]["url"], shown


_GOFEED_DATES = ("publishedParsed", "pubDateParsed", "published", "updatedParsed", "updated")


def _name_in(author: str | dict[str, str]) -> str:
    """The name alone: RSS has one text for the name and the address."""
    return split_byline(author)[0] if isinstance(author, str) else author.get("name", "")


def _label_of(category: str | dict[str, str]) -> str:
    if isinstance(category, str):
        return _seen(category)
    return _seen(category.get("label") or category.get("value") or category.get("term", ""))


def _seen(text: str) -> str:
    """The text as readers see it: without markup, however often that was escaped."""
    plain = one_line(plain_text(text))
    return plain if plain == text or "<" not in plain else one_line(plain_text(plain))


if __name__ == "__main__":
    main()
