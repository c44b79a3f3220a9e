"""What gives a robot away at the sign-up form, and what a person is asked instead."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sign_up import SignUpSettings
from newsletter.web.reader.icon import make_icon
from newsletter.web.reader.robots import (
    SCANNER_LASTS,
    SubmittedForm,
    Use,
    Verdict,
    has_proof,
    is_scanner,
    judge,
)

RULES = SignUpSettings(wait=timedelta(seconds=5))
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def form(
    seconds: float | None = 4,
    *,
    is_trapped: bool = False,
    has_proof: bool = True,
    use: Use = Use.NEW,
) -> SubmittedForm:
    """A form as a browser sends it after some seconds."""
    age = None if seconds is None else timedelta(seconds=seconds)
    return SubmittedForm(is_trapped=is_trapped, age=age, has_proof=has_proof, use=use)


@pytest.mark.parametrize(
    ("submitted", "verdict"),
    [
        (form(), Verdict.ACCEPT),
        (form(2), Verdict.ACCEPT),
        (form(1.9), Verdict.WAIT),
        (form(-3), Verdict.WAIT),  # the clocks of two servers differ
        (form(4, has_proof=False), Verdict.WAIT),
        (form(5, has_proof=False), Verdict.ACCEPT),
        (form(86_400), Verdict.ACCEPT),
        (form(86_401), Verdict.ASK_AGAIN),
        (form(None), Verdict.ASK_AGAIN),
        (form(use=Use.REPEATED), Verdict.IGNORE),
        (form(use=Use.REUSED), Verdict.ASK_AGAIN),
        (form(is_trapped=True), Verdict.ASK_AGAIN),
        (form(None, is_trapped=True), Verdict.ASK_AGAIN),
        (form(1, is_trapped=True, has_proof=False), Verdict.ASK_AGAIN),
    ],
)
def test_each_form_has_its_verdict(submitted: SubmittedForm, verdict: Verdict) -> None:
    """By what stands in it, how long it was open, and whether it came before."""
    assert judge(submitted, RULES) is verdict


@given(st.integers(0, 90_000), st.booleans(), st.sampled_from(Use))
def test_whoever_waits_gets_through(seconds: int, proof: bool, use: Use) -> None:
    """A person who does what the page says is accepted after one more form at most."""
    verdict = judge(form(seconds, has_proof=proof, use=use), RULES)
    if verdict is Verdict.WAIT:
        assert judge(form(RULES.wait.total_seconds(), has_proof=proof), RULES) is Verdict.ACCEPT
    if verdict is Verdict.ASK_AGAIN:
        assert judge(form(RULES.wait.total_seconds(), has_proof=False), RULES) is Verdict.ACCEPT


def test_a_proof_fits_its_stamp_only() -> None:
    """It takes some thousand attempts at 14 bits; another stamp's does not count."""
    number = next(n for n in count() if has_proof("a.b", str(n), 14))
    digest = hashlib.sha256(f"a.b:{number}".encode()).hexdigest()
    assert int(digest[:4], 16) < 4
    assert not has_proof("a.c", str(number), 14)
    assert not has_proof("a.b", "", 14)
    assert has_proof("a.c", "", 0)


def test_a_scanner_is_one_for_some_seconds() -> None:
    """Longer would lock out a reader behind the same address."""
    assert is_scanner(NOW, NOW + SCANNER_LASTS / 2)
    assert not is_scanner(NOW, NOW + SCANNER_LASTS)
    assert not is_scanner(None, NOW)


def test_the_icon_is_an_image() -> None:
    """An ICO file with one PNG of 32 by 32 pixels."""
    icon = make_icon("#0b6455")
    assert icon[:6] == b"\0\0\1\0\1\0"
    assert icon[22:30] == b"\x89PNG\r\n\x1a\n"
    assert icon == make_icon("#0b6455") != make_icon("#aa0000")
