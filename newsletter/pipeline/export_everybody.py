"""export_everybody: every person with consent record and issues received, as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from newsletter.site.site import Site
from newsletter.store.received_letters import letter_document, letters_by_reader
from newsletter.store.recipient_receipts import issues_by_reader, received_document
from subscribers.everybody import everybody


def export_everybody(site: Site) -> Iterator[str]:
    """One JSON object and a line end for each person, as all were at one moment."""
    with site.database.transaction(read_only=True) as connection:
        for page in everybody(connection):
            received = issues_by_reader(connection, min(page), max(page))
            letters = letters_by_reader(connection, min(page), max(page))
            for number, person in page.items():
                document = {
                    **person,
                    "issues": [received_document(issue) for issue in received.get(number, ())],
                    "dated_letters": [letter_document(one) for one in letters.get(number, ())],
                }
                yield json.dumps(document, ensure_ascii=False) + "\n"
