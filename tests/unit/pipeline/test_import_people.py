from __future__ import annotations

import gc
from datetime import UTC, datetime
from pathlib import Path

from newsletter.pipeline.import_people import import_people
from subscribers.importing.options import ImportOptions
from tests.factories.site import make_site

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def test_people_are_stored_while_garbage_is_rarely_collected(tmp_path: Path) -> None:
    """In the process that stores them too; afterwards it is collected as often as before."""
    site = make_site(tmp_path, now=NOW)
    usual, during = gc.get_threshold(), []
    report, _requests = import_people(
        site,
        b"email\nnew@example.net\n",
        ImportOptions(list_slug="weekly", source_name="people.csv", now=NOW),
        progress=lambda _octets: during.append(gc.get_threshold()[0]),
    )
    site.database.close()
    assert report.added == 1
    assert min(during) > usual[0]
    assert gc.get_threshold() == usual
