"""What commands print and log: strangers' words among it never steer a terminal or forge a line.

A relay's reply, a feed's title or an envelope may have control characters: an escape sequence would
be obeyed by the terminal, and a line end would begin a line of the log that we did not write.
"""

from __future__ import annotations

from typing import Any

import click

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_SHOWN = {code: f"\\x{code:02x}" for code in _CONTROLS}
_WITH_LINES = {code: shown for code, shown in _SHOWN.items() if chr(code) not in "\t\n"}
_IN_JSON = {code: f"\\u{code:04x}" for code in _CONTROLS if code >= 0x7F}
"""JSON itself escapes those below 0x20 within texts, and uses some between them."""


def printable(text: str) -> str:
    """The text with control characters other than tabs and line ends as escapes, such as `\\x1b`."""
    return text.translate(_WITH_LINES)


def one_log_line(text: str) -> str:
    """The text with all control characters as escapes."""
    return text.translate(_SHOWN)


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """The document as JSON that is safe to show; what JSON does not know is written as text."""
    import json  # few commands need it

    return json.dumps(document, ensure_ascii=False, indent=indent, default=str).translate(_IN_JSON)


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print the text, to stderr with `err`."""
    click.echo(printable(text), err=err, nl=nl)
