"""A folder of Markdown files with YAML front matter, one article each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from newsletter.articles.article import Image
from newsletter.articles.dates import read_date_line
from newsletter.articles.entries import Entry, Origin, picture
from newsletter.articles.sanitize import one_line, paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.urls import is_web_address
from newsletter.errors import SourceError

MAX_FILE = 1_000_000
MAX_FILES = 500

MAX_OPEN = 1_000
"""Brackets in the front matter: the time that PyYAML takes grows with the square of their number."""

_OPENS = re.compile(r"[\[{]")
_FRONT = re.compile(r"\A---[ \t]*\n(.*?)(?:\n)?^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")


class _Loader(yaml.SafeLoader):
    """Leaves dates as text, so that a wrong date is an error of its field, not of the YAML."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - yaml's own way to say it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read_folder(
    folder: Path, origin: Origin
) -> tuple[tuple[Entry, ...], tuple[SourceFinding, ...]]:
    """Every *.md file below `folder`, by name; a file that cannot be read becomes a finding.

    Raises SourceError when the folder cannot be read.
    """
    if not folder.is_dir():
        raise SourceError(
            f"there is no folder {origin.location}", fix="create it, or correct its path"
        )
    files = sorted(
        path
        for path in folder.rglob("*.md")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    entries: list[Entry] = []
    findings: list[SourceFinding] = []
    inside = folder.resolve()
    for path in files[:MAX_FILES]:
        name = path.relative_to(folder).as_posix()
        try:
            _require_inside(path, inside)
            entries.append(read_markdown(path, name))
        except SourceError as error:
            problem = error.problem
            field = f": {problem.field}" if problem.field else ""
            findings.append(origin.warning(f"{name}{field}: {problem.message}", problem.fix or ""))
    if len(files) > MAX_FILES:
        findings.append(
            origin.warning(
                f"{len(files)} files, of which the first {MAX_FILES} by name are read",
                "move old ones elsewhere",
            )
        )
    if not files:
        findings.append(origin.notice("a folder without Markdown files (*.md)"))
    return tuple(entries), tuple(findings)


def _require_inside(path: Path, folder: Path) -> None:
    """Raise SourceError for a link out of the folder: other people may write there, or a checkout."""
    if not path.resolve().is_relative_to(folder):
        raise SourceError(
            "it is a link to a file outside the folder, which is not read",
            fix="put a copy of the file into the folder",
        )


def read_markdown(path: Path, name: str) -> Entry:
    """Read one file; raises SourceError that names the wrong field of its front matter."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise SourceError(f"it is larger than {MAX_FILE / 1_000_000:g} MB")
        text = path.read_text(encoding="utf-8-sig")
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except UnicodeDecodeError as error:
        raise SourceError("it is not UTF-8", fix="save it as UTF-8") from error
    except OSError as error:
        raise SourceError(f"it cannot be read: {error.strerror}") from error
    from markdown_it import MarkdownIt  # It is slow to load, so only reading a file loads it.

    fields, body = split_front_matter(text)
    heading = _HEADING.match(body)
    if heading and _text(fields, "title") in ("", heading[1]):
        fields = {**fields, "title": heading[1]}
        body = body[heading.end() :]
    if not _text(fields, "title"):
        raise SourceError("has no title", field="title", fix="add `title: …` to its front matter")
    summary = _text(fields, "summary") or _text(fields, "description")
    url = _address(fields, "url")
    return Entry(
        id=name,
        url=url,
        title=one_line(_text(fields, "title")),
        summary=paragraphs_html([summary]) if summary else "",
        body=MarkdownIt("commonmark").enable("table").render(body),
        base=url,
        published=_date(fields) or modified,
        author=", ".join(_names(fields, "author") or _names(fields, "authors")),
        agency=_text(fields, "agency"),
        labels=tuple(_names(fields, "tags")),
        image=_image(fields, url),
    )


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields of a Markdown file, by name in lower case, and its body.

    Raises SourceError for fields that are not YAML.
    """
    text = text.replace("\r\n", "\n")
    front = _FRONT.match(text)
    return (_fields(front[1]), text[front.end() :]) if front else ({}, text)


def _fields(front: str) -> dict[str, Any]:
    if len(_OPENS.findall(front)) > MAX_OPEN:
        raise SourceError(
            "its front matter is not valid YAML: it has too many brackets",
            fix="write one value per line",
        )
    try:
        fields = yaml.load(front, _Loader)  # noqa: S506 - a safe loader, with fewer types
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        # The mark counts from 0, and the file's first line is the opening "---".
        place = f"line {mark.line + 2}: " if mark else ""
        raise SourceError(
            f"its front matter is not valid YAML: {place}{getattr(error, 'problem', error)}",
            fix="put values with a colon or a bracket in quotes",
        ) from error
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise SourceError("its front matter is not a table", fix="write one `name: value` per line")
    return {str(key).lower(): value for key, value in fields.items()}


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise SourceError("is not text", field=key, fix=f"write `{key}: some text`")


def _names(fields: dict[str, Any], key: str) -> list[str]:
    """A list, or one line with commas."""
    value = fields.get(key)
    if isinstance(value, list):
        if any(isinstance(part, dict | list) for part in value):
            raise SourceError("is not a list of words", field=key, fix=f"write `{key}: [one, two]`")
        return [str(part).strip() for part in value if str(part).strip()]
    return [part.strip() for part in _text(fields, key).split(",") if part.strip()]


def _date(fields: dict[str, Any]) -> datetime | None:
    value = fields.get("date")
    if value is None:
        return None
    moment = read_date_line(str(value))
    if moment is None:
        raise SourceError(
            f"{str(value)[:60]!r} is not a date", field="date", fix="write `date: 2026-05-31 09:30`"
        )
    return moment


def _address(fields: dict[str, Any], key: str) -> str:
    address = _text(fields, key)
    if address and not is_web_address(address):
        raise SourceError(
            f"{address!r} is not a web address",
            field=key,
            fix="write the complete address, with https://",
        )
    return address


def _image(fields: dict[str, Any], base: str) -> Image | None:
    """`image: https://…`, or a table with url, alt, width and height."""
    value = fields.get("image")
    table = dict(_pairs(value)) if isinstance(value, dict) else {"url": _text(fields, "image")}
    address = str(table.get("url") or "")
    if not address:
        return None
    image = picture(
        address,
        base,
        alt=str(table.get("alt") or _text(fields, "image_alt")),
        width=table.get("width"),
        height=table.get("height"),
    )
    if image is None:
        raise SourceError(
            f"{address!r} is not the web address of a picture",
            field="image",
            fix="write its complete address, with https://",
        )
    return image


def _pairs(table: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(key).lower(), value) for key, value in table.items())
