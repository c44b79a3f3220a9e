"""doctor: is everything well that a send depends on?"""

from __future__ import annotations

import click

from newsletter.cli.exit_codes import FINDINGS, OK
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.doctor.examine import examine
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade

_MARKS = {Grade.OK: "ok  ", Grade.WARNING: "warn", Grade.FAILURE: "FAIL"}


@click.command()
@json_option
@now_option
@pass_invocation
def doctor(invocation: Invocation) -> int:
    """Check DNS, relays, the site's address, files, disk, database, clock and queue.

    Exits with 1 when something fails; each finding says what to do.

    \b
    Example: newsletter doctor
    """
    found = list(examine(invocation.site, now=invocation.now, records=LiveRecords()))
    failures = sum(diagnosis.grade is Grade.FAILURE for diagnosis in found)
    document = {
        "failures": failures,
        "warnings": sum(diagnosis.grade is Grade.WARNING for diagnosis in found),
        "findings": [
            {"check": one.check, "grade": one.grade, "message": one.said, "fix": one.fix}
            for one in found
        ],
    }
    invocation.answer(document, *[line for one in found for line in _lines(one)])
    return FINDINGS if failures else OK


def _lines(one: Diagnosis) -> list[str]:
    lines = [f"{_MARKS[one.grade]}  {one.check}: {one.said}"]
    return [*lines, f"      {one.fix}"] if one.fix else lines
