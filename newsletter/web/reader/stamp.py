"""A form's signed time. It gives away robots, which submit at once or reuse an old form."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from newsletter.site.site import Site

MIN_AGE = timedelta(seconds=2)
"""A person needs at least this long to fill in the form."""

MAX_AGE = timedelta(days=1)


def make_stamp(site: Site, list_slug: str, now: datetime) -> str:
    """The value of the form's hidden field."""
    moment = str(int(now.timestamp()))
    return f"{moment}.{_sign(site, list_slug, moment)}"


def is_fresh(site: Site, list_slug: str, stamp: str, now: datetime) -> bool:
    """Whether our form was shown between MIN_AGE and MAX_AGE ago."""
    moment, _, signature = stamp.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(site, list_slug, moment).encode()):
        return False
    age = now - datetime.fromtimestamp(int(moment), UTC)
    return MIN_AGE <= age <= MAX_AGE


def _sign(site: Site, list_slug: str, moment: str) -> str:
    return site.keyed(f"form {list_slug} {moment}")[:40]
