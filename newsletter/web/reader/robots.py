"""Tells robots from people by how they use a form or a mail's links. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.config.sign_up import SignUpSettings

MIN_AGE = timedelta(seconds=2)
"""A person needs at least this long to fill in the form."""

MAX_AGE = timedelta(days=1)

SCANNER_LASTS = timedelta(seconds=10)
"""How long after it followed the hidden link of a letter a client is taken for a link scanner."""


class Verdict(StrEnum):
    """What to do with a form."""

    ACCEPT = "accept"
    IGNORE = "ignore"  # answered like ACCEPT
    WAIT = "wait"  # shown again, to be sent once it is old enough
    ASK_AGAIN = "ask-again"  # shown again with a new stamp


class Use(StrEnum):
    """Whether a form's stamp has been used before."""

    NEW = "new"
    REPEATED = "repeated"  # with the same address: the button was pressed twice
    REUSED = "reused"  # with another address: by a robot, or after going back in the browser


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmittedForm:
    """What gives a robot away; `age` is since the form was shown, None without a valid stamp."""

    is_trapped: bool
    age: timedelta | None
    has_proof: bool
    use: Use = Use.NEW


def judge(form: SubmittedForm, rules: SignUpSettings) -> Verdict:
    """Decide what to do with the form. A person is never left without a next step.

    Password managers fill in the trap too, so a trapped form is shown again, without the trap.
    """
    if form.use is Use.REPEATED:
        return Verdict.IGNORE
    if form.is_trapped or form.age is None or form.age > MAX_AGE or form.use is Use.REUSED:
        return Verdict.ASK_AGAIN
    if form.age < required_age(form, rules):
        return Verdict.WAIT
    return Verdict.ACCEPT


def required_age(form: SubmittedForm, rules: SignUpSettings) -> timedelta:
    """How long the form has to have been open before it is accepted."""
    return MIN_AGE if form.has_proof else max(MIN_AGE, rules.wait)


def has_proof(stamp: str, proof: str, bits: int) -> bool:
    """Whether SHA-256 of `stamp:proof` begins with so many zero bits, as join.js looks for."""
    digest = hashlib.sha256(f"{stamp}:{proof}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - bits) == 0


def is_scanner(trapped_at: datetime | None, now: datetime) -> bool:
    """Whether a client that followed the hidden link at `trapped_at` still counts as a scanner."""
    return trapped_at is not None and now - trapped_at < SCANNER_LASTS
