"""export_people: people found, as CSV with every further field; of one list it can be imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from newsletter.pipeline.find_people import PeopleFilter, find_all_people
from newsletter.site.site import Site
from subscribers.importing.cells import defused
from subscribers.search import FoundPerson

COLUMNS = ("email", "name", "tags", "status")

CHUNK = 65_536
"""Characters in one piece."""


def export_people(site: Site, wanted: PeopleFilter, *, now: datetime) -> Iterator[str]:
    """The CSV in pieces, with a column for each attribute that any of the people has.

    `status` is that on the list asked for, so that an import into it gives back what there was;
    without a list it names each. Raises what `find_people` raises.
    """
    extra = sorted(
        {name for person in find_all_people(site, wanted, now=now) for name in person.attributes}
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *map(defused, extra)])
    for person in find_all_people(site, wanted, now=now):
        writer.writerow([defused(cell) for cell in _cells(person, wanted.list_slug, extra)])
        if text.tell() > CHUNK:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _cells(person: FoundPerson, list_slug: str | None, extra: list[str]) -> list[str]:
    held = {slug: status.value for slug, status in person.subscriptions.items()}
    every = "; ".join(f"{slug}: {status}" for slug, status in held.items())
    return [
        person.address,
        person.name,
        ";".join(person.tags),
        held.get(list_slug, "") if list_slug else every,
        *(person.attributes.get(name, "") for name in extra),
    ]
