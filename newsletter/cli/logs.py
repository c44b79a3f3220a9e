"""The format of the log on stderr."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from newsletter.cli.printing import json_text, one_log_line, printable
from newsletter.config.access import redacted


class TextLines(logging.Formatter):
    """Formats each record as text, with its traceback, without the passwords of web addresses."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's level and message, and below them its traceback."""
        return printable(redacted(super().format(record)))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The record's level and message, in one line whatever the message contains."""
        return one_log_line(super().formatMessage(record))


class JsonLines(logging.Formatter):
    """Formats each record as one line with a JSON object, for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's time, level, logger and message."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": moment,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json_text(line, indent=None)


class _StderrHandler(logging.StreamHandler[TextIO]):
    """The handler that `configure_logging` adds, and replaces when it is called again."""


def configure_logging(log_format: str) -> None:
    """Send the `newsletter` log, from INFO up, and libraries' warnings to stderr in one format."""
    handler = _StderrHandler(sys.stderr)
    handler.setFormatter(
        JsonLines() if log_format == "json" else TextLines("%(levelname)s: %(message)s")
    )
    logger = logging.getLogger("newsletter")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    libraries = logging.getLogger()
    libraries.handlers[:] = [
        other for other in libraries.handlers if not isinstance(other, _StderrHandler)
    ]
    libraries.addHandler(handler)
    libraries.setLevel(logging.WARNING)
