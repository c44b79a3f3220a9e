"""Warns of stories that a source may have shown between two checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.articles.pace import CheckResult, often_enough
from newsletter.articles.source_finding import SourceFinding
from newsletter.config.durations import written

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading


def with_warning(reading: Reading, result: CheckResult, interval: timedelta) -> Reading:
    """The reading with a warning if stories may have been missed."""
    if result is CheckResult.REPLACED:
        message = "every article is new since the last check, so stories may have been missed"
        fix = (
            f'check it more often: write every = "{written(often_enough(interval))}" below its'
            " address in newsletter.toml"
        )
    elif result is CheckResult.EMPTIED:
        message = "it had articles before and shows none now, so stories may be missing"
        fix = "open its address in a browser, and tell its owner if it should not be empty"
    else:
        return reading
    finding = SourceFinding(source=reading.source, severity="warning", message=message, fix=fix)
    return replace(reading, findings=(*reading.findings, finding))
