"""The rows of a CSV table in an export, whose cells may be whole posts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from newsletter.errors import InputError
from newsletter.issues.past.post import MAX_BODY


def csv_rows(content: bytes, name: str) -> Iterator[dict[str, str]]:
    """Every row by the names in the header. Raises InputError for what is not a table."""
    csv.field_size_limit(8 * MAX_BODY)  # Python's own limit is 131,072 characters
    text = content.decode("utf-8-sig", "replace")
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""), restval="")
    except csv.Error as error:
        raise InputError(f"{name} is not a readable CSV table: {error}") from error
