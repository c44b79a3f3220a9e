"""Reads a file of people, in any of its formats, as a header and rows of cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import getaddresses
from itertools import chain
from typing import Any, BinaryIO, TextIO

from subscribers.errors import ImportFileError
from subscribers.importing.json_people import read_json_people
from subscribers.importing.layouts import EMAIL
from subscribers.importing.standings import english_header

MAX_HEADER = 100_000
"""Characters in the first line. A file whose first line is longer is not a table."""

TITLE_LINES = 5
"""Lines above the header that are looked through for it."""

MAX_NAMED = 1_000
"""Characters of a line that may be one address with the person's name behind it."""

_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""ZIP (also .xlsx and .ods), .xls, and gzip."""

_SEPARATOR = re.compile(r'"?sep=(.)"?\s*\Z', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_BLOCK_FIELD = re.compile(
    r"(email|gecos|reception|visibility|date|update_date|subscribed|bounce)\s+(\S.*)\Z"
)
_BLOCK_BEGINS = re.compile(r"email\s+\S+@\S+\Z|(?:date|update_date)\s+\d+\Z")
_NAME_BEHIND = re.compile(r"\s*<?([^\s<>,;]+@[^\s<>,;]+)>?[\s,;]+([^@]+)\Z")

Reject = Callable[[int, str], None]
"""Called with the number of a line that is not a row, and the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The header, and each row with the number of its first line.

    `is_bare` means that the file is a list of addresses without a header.
    """

    header: Sequence[str]
    rows: Iterator[tuple[int, Sequence[str]]]
    is_bare: bool = False


def read_table(file: BinaryIO, source_name: str, reject: Reject) -> Table:
    """Read CSV, a dump in blocks, a JSON document or a bare list of addresses, from its beginning.

    The text is UTF-8 or UTF-16. Octets that are neither are kept as surrogates, so that one bad row
    is one rejection. The caller closes the file. Raises ImportFileError if it cannot be read.
    """
    text, skipped = _decoded(file, source_name), 0
    first = text.readline(MAX_HEADER)
    while first and first.strip()[:1] in ("", "#") and skipped < 100:
        first, skipped = text.readline(MAX_HEADER), skipped + 1
    ahead = [first]
    if not _names_addresses(first):  # some tools write a title above the header
        ahead += [text.readline(MAX_HEADER) for _ in range(TITLE_LINES)]
        above = next((n for n, line in enumerate(ahead) if _names_addresses(line)), 0)
        first, ahead, skipped = ahead[above], ahead[above:], skipped + above
    rest = chain(ahead[1:], text)
    if first.lstrip()[:1] in ("{", "["):
        header, people = read_json_people(lambda: _from_start(file, source_name), source_name)
        return Table(header=header, rows=people)
    if _BLOCK_BEGINS.match(first.strip()):
        return _from_blocks(chain([first], rest))
    delimiter = None
    if separator := _SEPARATOR.match(first.strip()):  # a first line that tells Excel the separator
        delimiter, first, skipped = separator[1], next(rest, ""), skipped + 1
    if "@" in first:
        return _from_addresses(chain([first], rest), skipped)
    delimiter = delimiter or _delimiter(first)
    header = next(csv.reader([first], delimiter=delimiter, skipinitialspace=True), [])
    rows = _csv_rows(
        csv.reader(rest, delimiter=delimiter, skipinitialspace=True), 2 + skipped, reject
    )
    return Table(header=header, rows=rows)


def _from_start(file: BinaryIO, source_name: str) -> TextIO:
    file.seek(0)
    return _decoded(file, source_name)


def _names_addresses(line: str) -> bool:
    """Whether the line is a header with a column of addresses."""
    if "@" in line or len(line) >= MAX_HEADER:
        return False
    return any(english_header(cell) in EMAIL for cell in re.split(r"[,;\t|]", line))


def _decoded(file: BinaryIO, source_name: str) -> TextIO:
    start = file.read(200)
    file.seek(0)
    if start.startswith(_ARCHIVES):
        raise ImportFileError(
            "it is an archive or a spreadsheet, not text",
            file=source_name,
            fix="unpack it and import each file, or save the sheet as CSV",
        )
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif start.count(b"\0") > len(start) // 4:
        encoding = "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    return _Detached(file, encoding=encoding, errors=errors, newline="")


class _Detached(io.TextIOWrapper):
    """Leaves the underlying file open when it is garbage-collected."""

    def __del__(self) -> None:
        if not self.closed:
            self.detach()


def _delimiter(header: str) -> str:
    """The separator that occurs most often in the header; a comma if there is none."""
    outside = _QUOTED.sub("", header)
    return max((",", ";", "\t", "|"), key=outside.count)


def _csv_rows(reader: Any, first_line: int, reject: Reject) -> Iterator[tuple[int, Sequence[str]]]:
    while True:
        start = reader.line_num + first_line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reject(start, f"not valid CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield start, cells


def _from_addresses(lines: Iterable[str], skipped: int) -> Table:
    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        for number, line in enumerate(lines, start=1 + skipped):
            line = line.strip().strip("\ufeff")
            if not line or line.startswith("#"):
                continue
            behind = _NAME_BEHIND.match(line) if len(line) <= MAX_NAMED else None
            if behind is not None:
                yield number, [behind[1], behind[2].strip(" \"'")]
                continue
            try:
                found = getaddresses([line.replace(";", ",")])
            except RecursionError:  # thousands of brackets
                found = []
            if not any("@" in address for _, address in found):
                found = [("", line)]
            for name, address in found:
                if address:
                    yield number, [address, name]

    return Table(header=["email", "name"], rows=rows(), is_bare=True)


def _from_blocks(lines: Iterable[str]) -> Table:
    header = ["email", "gecos", "reception", "visibility", "date", "update_date", "subscribed"]

    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        start, block = 1, dict[str, str]()
        for number, line in enumerate(chain(lines, [""]), start=1):
            field = _BLOCK_FIELD.match(line.strip())
            if field is not None:
                start = start if block else number
                block[field[1]] = field[2].strip()
            elif not line.strip() and block:
                # A member only through other data sources is not `subscribed`, but gets the mail.
                yield start, [block.get(name, "1" * (name == "subscribed")) for name in header]
                block = {}

    return Table(header=header, rows=rows())
