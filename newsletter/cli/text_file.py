"""A text that a command is given as a file."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.errors import InputError

LARGEST = 200_000
"""Octets; every text that a command takes is far shorter."""


def read_text_file(path: Path) -> str:
    """The text of the file; - is stdin. Raises InputError for one that cannot be read as text."""
    try:
        with click.open_file(str(path), "rb") as file:
            return bytes(file.read(LARGEST)).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", field="--text-file") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not text in UTF-8", field="--text-file", fix="save it as UTF-8"
        ) from error
