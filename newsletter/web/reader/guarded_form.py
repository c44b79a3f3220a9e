"""What our forms for strangers share: the stamp, the proof, the field that people do not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa

from newsletter.store.attempt_limits import AttemptLimit, count_attempt, counted_since
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.robots import (
    MAX_AGE,
    MIN_AGE,
    SubmittedForm,
    Use,
    has_proof,
    required_age,
)
from newsletter.web.reader.stamp import age_of, make_stamp

TRAP = "website"
"""A field that people do not see; robots fill it in, and sometimes a password manager does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """The hidden fields that came with a form."""

    trapped: bool = False
    stamp: str = ""
    proof: str = ""


def guard_fields(context: ReaderContext, purpose: str) -> Mapping[str, Any]:
    """What the hidden fields of a new form need (`guard` in parts.html.j2).

    `purpose` is what the stamp is for: that of one form does not open another.
    """
    rules = context.settings.sign_up
    return {
        "stamp": make_stamp(context.site, purpose, context.clock()),
        "bits": rules.proof_bits,
        "age": milliseconds(MIN_AGE),
        "wait": milliseconds(max(MIN_AGE, rules.wait)),
        "trap": TRAP,
    }


def submitted(context: ReaderContext, purpose: str, guard: Guard) -> SubmittedForm:
    """What gives a robot away, as robots.py judges it."""
    return SubmittedForm(
        is_trapped=guard.trapped,
        age=age_of(context.site, purpose, guard.stamp, context.clock()),
        has_proof=has_proof(guard.stamp, guard.proof, context.settings.sign_up.proof_bits),
    )


def use_stamp(context: ReaderContext, connection: sa.Connection, stamp: str, subject: str) -> Use:
    """Use the stamp, once; `subject` is what tells a repeated form from another."""
    site, now = context.site, context.clock()
    once = AttemptLimit(most=1, per=MAX_AGE + MIN_AGE)
    used, by_subject = (site.keyed(f"stamp {key}") for key in (stamp, f"{stamp} {subject}"))
    if count_attempt(connection, used, once, now):
        count_attempt(connection, by_subject, once, now)
        return Use.NEW
    is_same = counted_since(connection, by_subject) is not None
    return Use.REPEATED if is_same else Use.REUSED


def seconds_left(context: ReaderContext, form: SubmittedForm) -> int:
    """How long until the form may be sent again."""
    needed = required_age(form, context.settings.sign_up)
    return max(1, ceil((needed - (form.age or timedelta())).total_seconds()))


def milliseconds(span: timedelta) -> int:
    """The length as scripts count it."""
    return int(span.total_seconds() * 1000)
