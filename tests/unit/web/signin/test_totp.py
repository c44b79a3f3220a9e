from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.signin.totp import (
    RECOVERY_CODES,
    STEP_SECONDS,
    address_for_app,
    new_recovery_codes,
    new_secret,
    qr_code,
    step_of,
    tidy,
)

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
SHOWN, STEP = "081804", 37037036
"""The last six digits of the second test vector of RFC 6238, appendix B, and its step."""
BEGINS = STEP * STEP_SECONDS


def at(seconds: int) -> datetime:
    """So many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(-31, None), (-30, STEP), (-1, STEP), (0, STEP), (29, STEP), (59, STEP), (60, None)],
)
def test_a_code_counts_within_one_step(seconds: int, step: int | None) -> None:
    """Before and after its own half minute, as clocks differ; a later code is another step."""
    assert step_of(RFC_SECRET, SHOWN, at(BEGINS + seconds)) == step


@pytest.mark.parametrize("typed", ["081 804", " 081-804 ", "０８１８０４"])
def test_a_code_counts_as_people_type_it(typed: str) -> None:
    """With spaces, hyphens, and full-width digits."""
    assert step_of(RFC_SECRET, typed, at(BEGINS)) == STEP


@given(st.text(max_size=300))
def test_nothing_else_is_a_code(typed: str) -> None:
    """Whatever is typed, nothing is raised."""
    if tidy(typed) not in {pyotp.TOTP(RFC_SECRET).generate_otp(step) for step in (0, 1, 2)}:
        assert step_of(RFC_SECRET, typed, at(STEP_SECONDS)) is None


@given(st.text(min_size=1, max_size=60), st.emails())
def test_an_app_reads_whose_account_it_is(title: str, account: str) -> None:
    """Whatever the site is called; a colon in its name would end it."""
    secret = new_secret()
    app = pyotp.parse_uri(address_for_app(secret, account=account, title=title))
    assert app.secret == secret
    assert app.name == account


def test_the_qr_code_is_a_picture_without_styles() -> None:
    """The page allows none inside it, and it is dark on light in a dark page too."""
    picture = qr_code(address_for_app(new_secret(), account="ed@example.org", title="The Weekly"))
    assert picture.startswith("<svg")
    assert "style=" not in picture
    assert 'fill="#fff"' in picture


def test_recovery_codes_differ_and_are_compared_without_hyphens() -> None:
    """Ten at once; capitals and spaces do not matter."""
    codes = new_recovery_codes() + new_recovery_codes()
    assert len({tidy(code) for code in codes}) == 2 * RECOVERY_CODES
    assert all(tidy(code.upper().replace("-", " ")) == tidy(code) for code in codes)
    assert step_of(RFC_SECRET, codes[0], at(0) + timedelta(seconds=59)) is None
