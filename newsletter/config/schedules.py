"""The schedule of a newsletter: five cron fields, days of the week by name."""

from __future__ import annotations

import re
from typing import Annotated

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator


def check_schedule(text: str) -> str:
    """Accept what cron and APScheduler interpret alike; raise ValueError for anything else.

    APScheduler counts Monday as 0 and cron counts Sunday as 0: a number would mean
    two different days, so only names are accepted.
    """
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(
            f"{text!r} has {len(fields)} fields; a schedule has five: minute hour day month weekday, "
            'such as "0 7 * * mon"'
        )
    if not (fields[0].isdigit() and fields[1].isdigit()):
        raise ValueError(
            f"{text!r} comes more than once a day, and a newsletter has one issue a date; "
            'write one minute and one hour, such as "0 7 * * mon"'
        )
    if re.search(r"\d", fields[4].partition("/")[0]):
        raise ValueError(
            f"day of the week {fields[4]!r} is a number, which cron and APScheduler count "
            "differently; write its name: mon, tue, wed, thu, fri, sat, sun"
        )
    try:
        CronTrigger.from_crontab(text, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a cron schedule: {error}") from error
    return text


Schedule = Annotated[str, AfterValidator(check_schedule)]
