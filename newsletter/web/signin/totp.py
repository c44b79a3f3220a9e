"""Codes of authenticator apps (RFC 6238), and recovery codes. Its libraries load when first used."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime

RECOVERY_CODES = 10
"""How many are made at once."""

STEP_SECONDS = 30
"""How long the app shows a code."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without letters that are taken for digits
_LENGTH = 16


def new_secret() -> str:
    """A secret for an app, in base32."""
    import pyotp

    return pyotp.random_base32()


def address_for_app(secret: str, *, account: str, title: str) -> str:
    """The otpauth:// address that an app reads; a colon would end the title in it."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=title.replace(":", " "))


def qr_code(address: str) -> str:
    """The address as a QR code in SVG, dark on light in every colour scheme."""
    import segno

    code = segno.make(address, error="m", micro=False)
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is; None if it is not that of `now`, the one before or after."""
    import pyotp

    app, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), tidy(code).encode()):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes of 79 random bits each, in groups of four characters."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def tidy(code: str) -> str:
    """The code as it is compared: what people type between its groups, and capitals, do not count."""
    plain = unicodedata.normalize("NFKC", code[:200])
    return "".join(letter for letter in plain if letter.isalnum()).lower()


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _LENGTH, 4))
