"""Writes tables as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from subscribers.importing.cells import defused


def write_csv(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], file: TextIO | None = None
) -> None:
    """Write the rows' columns with a header, to stdout or to `file`."""
    table = csv.DictWriter(file or sys.stdout, columns, lineterminator="\n")
    table.writeheader()
    table.writerows({name: _without_formula(row[name]) for name in columns} for row in rows)


def _without_formula(cell: object) -> object:
    """Quote a cell that a spreadsheet would run: servers' answers and readers' names are untrusted."""
    return defused(cell) if isinstance(cell, str) else cell
