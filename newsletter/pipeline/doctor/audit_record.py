"""Checks that the audit record is what was written: no entry changed, removed, moved or added beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.pipeline.audit_log import told_end
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.plural import counted
from newsletter.site.site import Site
from newsletter.store.audit_chain import Break, BrokenEntry, breaks, chain_end, hash_at

NAMED = 10
"""Entries that are named of each kind; the others are counted."""

_SAID = {
    Break.CHANGED: "changed or moved",
    Break.MISSING: "missing",
    Break.UNCHAINED: "written past the program",
}
_FIX = "compare it with a backup or with the log of [audit], and find out who can write to the database"


def check_audit(site: Site) -> Iterator[Diagnosis]:
    """Go through the chain, and compare its end with the last line of the log's file."""
    with site.database.transaction(read_only=True) as connection:
        broken = list(breaks(connection))
        end = chain_end(connection)
        told = (
            told_end(site.folder / site.settings.audit.file) if site.settings.audit.file else None
        )
        agrees = told is None or hash_at(connection, told.position) in (None, told.hash)
        is_cut = told is not None and told.position > end.position
    for kind in Break:
        entries = [entry for entry in broken if entry.kind is kind]
        if entries:
            yield _failure(f"the record of who did what: {_SAID[kind]}: {_named(entries)}")
    if told is not None and (is_cut or not agrees):
        yield _failure(
            f"the record of who did what is not the one in {site.settings.audit.file}, whose last "
            f"entry is at position {told.position}"
        )
    elif not broken:
        yield Diagnosis(
            check="audit",
            grade=Grade.OK,
            message=f"the record of who did what is whole: {counted(end.position, 'entry', 'entries')}",
        )


def _named(entries: Sequence[BrokenEntry]) -> str:
    names = [
        f"entry {entry.id}" + (f" (position {entry.position})" if entry.position else "")
        if entry.id
        else f"position {entry.position}"
        for entry in entries[:NAMED]
    ]
    more = len(entries) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _failure(message: str) -> Diagnosis:
    return Diagnosis(check="audit", grade=Grade.FAILURE, message=message, fix=_FIX)
