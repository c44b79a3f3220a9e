"""export_everybody: every person with consent record and issues received, as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from newsletter.site.site import Site
from newsletter.store.recipient_receipts import ReceivedIssue, issues_by_reader
from subscribers.everybody import everybody


def export_everybody(site: Site) -> Iterator[str]:
    """One JSON object and a line end for each person, as all were at one moment."""
    with site.database.transaction(read_only=True) as connection:
        for page in everybody(connection):
            received = issues_by_reader(connection, min(page), max(page))
            for number, person in page.items():
                issues = [_document(issue) for issue in received.get(number, ())]
                yield json.dumps({**person, "issues": issues}, ensure_ascii=False) + "\n"


def _document(issue: ReceivedIssue) -> dict[str, object]:
    return {**asdict(issue), "at": issue.at.isoformat() if issue.at else None}
