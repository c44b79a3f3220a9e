"""A form's stamp: when it was shown, and a number that is used once, signed."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from newsletter.site.site import Site


def make_stamp(site: Site, list_slug: str, now: datetime) -> str:
    """The value of the form's hidden field."""
    content = f"{int(now.timestamp())}.{secrets.token_hex(8)}"
    return f"{content}.{_sign(site, list_slug, content)}"


def age_of(site: Site, list_slug: str, stamp: str, now: datetime) -> timedelta | None:
    """How long ago our form was shown; None for a stamp that is not ours."""
    content, _, signature = stamp.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(site, list_slug, content).encode()):
        return None
    return now - datetime.fromtimestamp(int(content.partition(".")[0]), UTC)


def _sign(site: Site, list_slug: str, content: str) -> str:
    return site.keyed(f"form {list_slug} {content}")[:40]
