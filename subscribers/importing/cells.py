"""The text of single cells: formulas are defused and undone, tags in one cell and nested JSON are read."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from email.utils import parseaddr
from functools import lru_cache

from subscribers.errors import AddressError

# A spreadsheet runs a cell that begins with one of these, some also in full width. Where its language
# separates cells by semicolons, it also takes parts of a cell that we have quoted for cells.
_BEFORE = r"(^|[;\t\r\n])"
_FORMULA = r'(?="*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])'
_RUNS = re.compile(_BEFORE + _FORMULA)
_DEFUSED = re.compile(f"{_BEFORE}'{_FORMULA}")

_AROUND_ADDRESS = " \t\r\n;,.\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
MAX_REMEMBERED = 200
"""Characters of a label whose slug is remembered."""

_SERIAL_DATE = re.compile(r"([2-6]\d{4})(?:[.,]\d+)?")


def address_in(cell: str) -> str:
    """The address in a cell, without the marks and invisible characters that people paste with it."""
    text = cell.strip(_AROUND_ADDRESS)
    return text[7:] if text[:7].casefold() == "mailto:" else text


def date_in(cell: str) -> str:
    """The text of a date; a spreadsheet's number of days since 1899-12-30 as ISO 8601."""
    serial = _SERIAL_DATE.fullmatch(cell)
    return (date(1899, 12, 30) + timedelta(days=int(serial[1]))).isoformat() if serial else cell


def defused(cell: str) -> str:
    """The cell, with an apostrophe before whatever of it a spreadsheet would run."""
    return _RUNS.sub(r"\1'", cell)


def plain(cell: str) -> str:
    """The cell without the apostrophes that keep a spreadsheet from running it."""
    return _DEFUSED.sub(r"\1", cell)


def cell_at(cells: Sequence[str], position: int) -> str:
    """The cell at a position; "" if the row is shorter."""
    return cells[position] if position < len(cells) else ""


def labels_in(cell: str) -> list[str]:
    """The tags of one cell: `a;b`, `a, b`, or `"a","b"` as Mailchimp writes them."""
    if '"' in cell:
        cell = _unquoted(" ".join(cell.split()))  # csv.reader refuses a line break outside quotes
    mark = ";" if ";" in cell else ","
    return [label.strip() for label in cell.strip("[]{}").split(mark) if label.strip()]


def _unquoted(cell: str) -> str:
    """`a;b` for `"a","b"`."""
    try:
        return ";".join(next(csv.reader([cell], skipinitialspace=True), []))
    except csv.Error:  # longer than a field may be
        return cell.replace('"', "")


def remembered(slug_of: Callable[[str], str]) -> Callable[[str], str]:
    """The same function with a memory: a million rows have few labels, and making a slug is slow."""
    known = lru_cache(maxsize=4_096)(slug_of)
    return lambda label: known(label) if len(label) <= MAX_REMEMBERED else slug_of(label)


def flat_json(text: str) -> dict[str, str]:
    """The values of a JSON object as texts; under "data" if it is not valid JSON."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return {"data": text}
    return {
        str(name): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in values.items()
        if value not in (None, "", [], {})
    }


def name_and_address(cell: str) -> tuple[str, str]:
    """The parts of `Jo <jo@example.org>`. Raises AddressError for thousands of brackets."""
    try:
        return parseaddr(cell)
    except RecursionError as error:
        raise AddressError("not a name and an address", field="email") from error
