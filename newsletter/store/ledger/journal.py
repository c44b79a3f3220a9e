"""A sender's journal: a file of its intents and receipts, which are later posted to the ledger.

SQLite has one writer at a time, and a commit there writes about ten pages. A line in a file with
a single writer is as durable and costs a tenth. So on SQLite a sender writes here what rule 3
requires before the dot, and posts it to the ledger a little later, many rows at once. When it
dies, the process that recovers its deliveries reads the journal first.

A line is a checksum and JSON: [number of the first receipt, [receipts], [intents]]. Receipts are
numbered from 0, so that none is posted twice. Everything before the first incomplete line was
durable before anything depended on it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.errors import DatabaseUnavailableError

_OPEN_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_DSYNC
"""With O_DSYNC a write returns when the data is on the disk."""

OPENING = b"newsletter journal 1\n"

ALLOCATED = 1 << 20
"""Octets that a new file is filled with in advance: then a line does not change the file's length,
and reaches the disk in two thirds of the time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entries:
    """The content of a journal: receipts and open intents; `first` is the first receipt's number.

    An intent is open until its delivery has a receipt.
    """

    first: int
    receipts: tuple[Receipt, ...]
    intents: frozenset[int]

    @property
    def end(self) -> int:
        """The number that the next receipt will have."""
        return self.first + len(self.receipts)

    def since(self, number: int) -> Sequence[Receipt]:
        """The receipts from that number on."""
        return self.receipts[max(0, number - self.first) :]


class Journal:
    """Writes one sender's journal, and keeps what is still to be posted.

    One thread may write while another posts. Raises DatabaseUnavailableError when the file
    cannot be written; then none of the entries count as written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._first = 0
        self._receipts: list[Receipt] = []
        self._intents: set[int] = set()
        self._descriptor = -1
        self._end = self._allocated = 0
        self._begin_file(b"")

    def write(self, receipts: Sequence[Receipt], intents: Sequence[int]) -> None:
        """Write the entries to the disk."""
        with self._lock:
            line = _line(self._first + len(self._receipts), receipts, intents)
            if self._end + len(line) > self._allocated:
                self._begin_file(line)
            else:
                self._add(line)
            self._receipts += receipts
            self._intents.difference_update(receipt.subscriber_id for receipt in receipts)
            self._intents.update(intents)

    @property
    def is_posted(self) -> bool:
        """Whether everything is in the ledger."""
        return not self._receipts and not self._intents

    def unposted(self) -> Entries:
        """The receipts that are not in the ledger yet, and the open intents."""
        with self._lock:
            return Entries(
                first=self._first,
                receipts=tuple(self._receipts),
                intents=frozenset(self._intents),
            )

    def posted(self, end: int) -> None:
        """Note that the ledger has all receipts before the number `end`."""
        with self._lock:
            del self._receipts[: end - self._first]
            self._first = end

    def close(self) -> None:
        """Close the file, which stays for recovery."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _add(self, line: bytes) -> None:
        try:
            _write_at(self._descriptor, line, self._end)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._end += len(line)

    def _begin_file(self, line: bytes) -> None:
        """Replace the file by a new one with the unposted entries and the line."""
        unposted = _line(self._first, self._receipts, list(self._intents))
        content = OPENING + unposted + line
        size = max(ALLOCATED, 2 * len(content))
        replacement = self._path.with_suffix(".replacement")
        try:
            descriptor = os.open(replacement, _OPEN_FLAGS, 0o600)
            try:
                _write_at(descriptor, content.ljust(size, b"\0"), 0)
                replacement.replace(self._path)
                _sync_folder(self._path.parent)
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self.close()
        self._descriptor, self._end, self._allocated = descriptor, len(content), size


def read_journal(path: Path) -> Entries | None:
    """The journal of a dead sender; None when there is no such file.

    Raises DatabaseUnavailableError when it cannot be read, or is not a journal.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseUnavailableError(
            f"cannot read the journal: {error.strerror}", file=str(path), fix="make it readable"
        ) from error
    if not content.startswith(OPENING):
        raise DatabaseUnavailableError(
            "this file is not a journal of this release of newsletter",
            file=str(path),
            fix="run the release that was sending when it was written",
        )
    first: int | None = None
    receipts: list[Receipt] = []
    intents: set[int] = set()
    for number, written, begun_intents in _lines(content[len(OPENING) :]):
        first = number if first is None else first
        receipts += written
        intents.difference_update(receipt.subscriber_id for receipt in written)
        intents.update(begun_intents)
    return Entries(first=first or 0, receipts=tuple(receipts), intents=frozenset(intents))


def remove_journal(path: Path) -> None:
    """Delete the file and an unfinished replacement of it."""
    for each in (path, path.with_suffix(".replacement")):
        with suppress(OSError):
            each.unlink()


def _line(first: int, receipts: Sequence[Receipt], intents: Collection[int]) -> bytes:
    content = json.dumps([first, [_written(one) for one in receipts], intents]).encode()
    return b"%08x %b\n" % (zlib.crc32(content), content)


def _lines(content: bytes) -> Iterator[tuple[int, list[Receipt], list[int]]]:
    """The parsed lines before the first incomplete one."""
    for line in content.split(b"\n")[:-1]:
        if not line.startswith(b"%08x " % zlib.crc32(line[9:])):
            return
        first, receipts, intents = json.loads(line[9:])
        yield first, [_read(one) for one in receipts], intents


def _written(receipt: Receipt) -> list[object]:
    retry_at = receipt.retry_at
    return [
        receipt.subscriber_id,
        receipt.state,
        receipt.at.isoformat(),
        receipt.relay,
        receipt.code,
        receipt.enhanced,
        receipt.text,
        retry_at and retry_at.isoformat(),
    ]


def _read(values: list[Any]) -> Receipt:
    subscriber_id, state, at, relay, code, enhanced, text, retry_at = values
    return Receipt(
        subscriber_id=subscriber_id,
        state=DeliveryState(state),
        at=datetime.fromisoformat(at),
        relay=relay,
        code=code,
        enhanced=enhanced,
        text=text,
        retry_at=datetime.fromisoformat(retry_at) if retry_at else None,
    )


def _write_at(descriptor: int, content: bytes, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content, offset = content[written:], offset + written


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"cannot write the journal: {error.strerror}",
        file=str(path),
        fix="check that the disk has free space and that the database's folder is writable",
    )
