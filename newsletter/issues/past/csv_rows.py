"""The rows of a CSV table in an export, whose cells may be whole posts."""

from __future__ import annotations

import csv
import io

from newsletter.errors import InputError
from newsletter.issues.past.post import MAX_BODY


def csv_rows(content: bytes, name: str) -> list[dict[str, str]]:
    """Every row by the names in the header. Raises InputError for what is not a table."""
    text = content.decode("utf-8-sig", "replace")
    # Python's own limit is 131,072 characters, and it is one for the whole process.
    usual = csv.field_size_limit(8 * MAX_BODY)
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    except csv.Error as error:
        raise InputError(f"{name} is not a readable CSV table: {error}") from error
    finally:
        csv.field_size_limit(usual)
