"""audit_log: write the audit record to a file and to syslog as JSON lines, and forget old entries."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any

from newsletter.errors import TemporaryError
from newsletter.site.site import Site
from newsletter.store import audit_chain

BATCH = 500
"""Entries that are written before it is noted that they were."""

_ADDRESS = re.compile(r"[^\s/@<>\"']+@[^\s/@<>\"']+")
_LAST_LINE_OCTETS = 20_000


class _SysLog(SysLogHandler):
    """Reports what cannot be sent, which the standard handler prints and forgets."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Raise what was caught."""
        raise  # noqa: PLE0704 - called by logging in its `except`


def write_audit_log(site: Site) -> int:
    """Write the entries that were added since the last time, in order; returns how many.

    An entry is written again if the process ends before that is noted. Raises TemporaryError if
    the file or the syslog server cannot be written to: nothing is lost, the next run goes on.
    """
    settings = site.settings.audit
    if not (settings.file or settings.syslog):
        return 0
    written = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            rows = audit_chain.untold_entries(connection, BATCH)
        if not rows:
            return written
        lines = [line_of(row) for row in rows]
        try:
            if settings.file:
                _append(site.folder / settings.file, lines)
            if settings.syslog:
                _send(settings.syslog, lines)
        except OSError as error:
            raise TemporaryError(
                f"the audit record cannot be written: {error}",
                field="audit",
                fix="check the file or the address; the entries wait in the database",
            ) from error
        with site.database.transaction() as connection:
            audit_chain.mark_told(connection, rows[-1].position)
        written += len(rows)


def forget_old_entries(site: Site, *, now: datetime) -> int:
    """Delete the entries that are older than `[audit] keep`; returns how many."""
    keep = site.settings.audit.keep
    if keep is None:
        return 0
    with site.database.transaction() as connection:
        return audit_chain.prune(connection, now - keep)


def line_of(row: Any) -> str:
    """One entry as JSON in ASCII, without readers' addresses: nobody can erase them there."""
    entry = {
        "position": row.position,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "who": row.who,
        "what": row.what,
        "detail": _ADDRESS.sub("(address)", row.detail),
        "hash": row.hash,
    }
    return json.dumps(entry)


def told_end(path: Path) -> audit_chain.ChainEnd | None:
    """The last entry in the file; None if there is no file, or no line of ours at its end."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LAST_LINE_OCTETS))
            last = json.loads(file.read().splitlines()[-1])
        return audit_chain.ChainEnd(position=int(last["position"]), hash=str(last["hash"]))
    except (OSError, IndexError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _append(path: Path, lines: Sequence[str]) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with open(os.open(path, flags, 0o600), "a", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _send(place: str, lines: Sequence[str]) -> None:
    host, _, port = place.rpartition(":")
    address = place if place.startswith("/") else (host.strip("[]"), int(port))
    with closing(_SysLog(address, facility=SysLogHandler.LOG_AUTHPRIV)) as handler:
        handler.ident = "newsletter: "
        handler.append_nul = False
        for record in _records(lines):
            handler.emit(record)


def _records(lines: Sequence[str]) -> Iterator[logging.LogRecord]:
    for line in lines:
        yield logging.LogRecord("newsletter", logging.INFO, __file__, 0, line, None, None)
