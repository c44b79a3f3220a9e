"""doctor: check everything that a send depends on."""

from __future__ import annotations

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.doctor.examine import examine
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.result_codes import FINDINGS, OK

_MARKS = {Grade.OK: "ok  ", Grade.WARNING: "warn", Grade.FAILURE: "FAIL"}


@click.command()
@json_option
@now_option
@pass_invocation
def doctor(invocation: Invocation) -> int:
    """Check DNS, relays, the site's address, files, disk, database, audit record, clock and queue.

    Exits with 1 if a check fails; each finding says what to do.

    \b
    Example: newsletter doctor
    """
    diagnoses = list(examine(invocation.site, now=invocation.now, records=LiveRecords()))
    failures = sum(diagnosis.grade is Grade.FAILURE for diagnosis in diagnoses)
    document = {
        "failures": failures,
        "warnings": sum(diagnosis.grade is Grade.WARNING for diagnosis in diagnoses),
        "findings": [
            {
                "check": diagnosis.check,
                "grade": diagnosis.grade,
                "message": diagnosis.message,
                "fix": diagnosis.fix,
            }
            for diagnosis in diagnoses
        ],
    }
    invocation.answer(document, *[line for diagnosis in diagnoses for line in _lines(diagnosis)])
    return FINDINGS if failures else OK


def _lines(diagnosis: Diagnosis) -> list[str]:
    lines = [f"{_MARKS[diagnosis.grade]}  {diagnosis.check}: {diagnosis.message}"]
    return [*lines, f"      {diagnosis.fix}"] if diagnosis.fix else lines
