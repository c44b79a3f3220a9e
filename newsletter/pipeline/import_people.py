"""import: a file of subscribers onto a list, with `confirm` asked first; or, `left`, off it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.lists import list_slugs, site_vocabulary, tags_of
from newsletter.site.site import Site
from subscribers import lists
from subscribers.consent import questions
from subscribers.csv_file import ImportReport, Rejected, import_subscribers

BATCH = 500


def import_people(
    site: Site,
    file: BinaryIO,
    *,
    list_slug: str,
    source_name: str,
    now: datetime,
    mapping: dict[str, str],
    layout: str = "",
    dry_run: bool = False,
    confirm: bool = False,
    left: bool = False,
    force: bool = False,
    consent: str = "",
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[ImportReport, int]:
    """Import, and leave the questions to newcomers in the outbox: what came of it, how many asked.

    Raises ImportFileError when the file cannot be used, UnknownListError for a list that no
    newsletter is sent to and nobody is on.
    """
    require_list(site, list_slug)
    vocabulary = site_vocabulary(site.settings)

    def slug_of(label: str) -> str:
        tag = vocabulary.tag(label)
        return tag.slug if tag else ""

    with _seldom_collecting():
        report = import_subscribers(
            site.database.transaction,
            file,
            list_slug=list_slug,
            source_name=source_name,
            now=now,
            slug_of=slug_of,
            mapping=mapping,
            layout=layout,
            offered={tag.slug for tag in tags_of(site.settings, list_slug)},
            dry_run=dry_run,
            confirm=confirm,
            left=left,
            force=force,
            consent=consent,
            on_rejected=on_rejected,
            progress=progress,
        )
    return report, _ask(site, list_slug, now) if confirm and not dry_run else 0


def require_list(site: Site, list_slug: str) -> None:
    """Raises UnknownListError, which names the nearest list, for one that nothing is sent to."""
    known = list_slugs(site.settings)
    if list_slug in known:
        return
    with site.database.transaction(read_only=True) as connection:
        lists.require(connection, list_slug, known)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Millions of short-lived values and no cycles: looking for some costs a fifth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(10_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _ask(site: Site, list_slug: str, now: datetime) -> int:
    asked, last = 0, 0
    while True:
        with site.database.transaction() as connection:
            letters, last = questions(connection, list_slug, now, after=last, most=BATCH)
            for letter in letters:
                asked += put_letter(site, connection, letter, now)
        if not last:
            return asked
