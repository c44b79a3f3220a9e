"""Buttondown's export of emails: JSON as its API gives it, or a table in CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from newsletter.articles.dates import read_date
from newsletter.issues.past.csv_rows import csv_rows
from newsletter.issues.past.post import PastPost, Problem, Standing

_MODE = re.compile(r"\A\s*<!--\s*buttondown-editor-mode:\s*(\w+)\s*-->\s*")
"""The first line of a body names the editor: "fancy" writes HTML, "plaintext" Markdown."""

_PUBLIC = frozenset({"", "public", "hidden"})
_SENT = frozenset({"sent", "imported", "published", "resending", "throttled"})


def emails_of(document: object) -> list[Mapping[str, Any]] | None:
    """The emails in a JSON export: a list, or a page of the API; None for other documents."""
    if isinstance(document, Mapping):
        document = document.get("results") or document.get("emails")
    if not isinstance(document, list) or not document:
        return None
    emails = [entry for entry in document if isinstance(entry, Mapping)]
    return emails if all({"subject", "body"} <= entry.keys() for entry in emails) else None


def emails_in_table(content: bytes, name: str) -> list[Mapping[str, Any]] | None:
    """The emails in a CSV export; None for other tables."""
    rows = list(csv_rows(content, name))
    return list(rows) if rows and {"subject", "body"} <= rows[0].keys() else None


def read_buttondown(emails: Iterable[Mapping[str, Any]]) -> Iterator[PastPost]:
    """Every email of the export."""
    for email in emails:
        body = _text(email, "body")
        mode = _MODE.match(body)
        key = _text(email, "id") or _text(email, "slug") or _text(email, "subject")
        yield PastPost(
            key=f"buttondown:{key}",
            title=_text(email, "subject"),
            slug=_text(email, "slug"),
            summary=_text(email, "description"),
            body=body[mode.end() :] if mode else body,
            is_markdown=mode is None or mode[1] != "fancy",
            published=read_date(_text(email, "publish_date") or _text(email, "creation_date")),
            standing=_standing(email),
            problem=None if body else Problem.NO_BODY,
        )


def _standing(email: Mapping[str, Any]) -> Standing:
    if (_text(email, "status") or "sent") not in _SENT:
        return Standing.DRAFT
    is_public = _text(email, "email_type") in _PUBLIC
    return Standing.PUBLISHED if is_public else Standing.RESTRICTED


def _text(email: Mapping[str, Any], key: str) -> str:
    value = email.get(key)
    return str(value) if value is not None else ""
