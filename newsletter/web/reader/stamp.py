"""A form's signed time: robots answer at once, or with a form they kept."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from newsletter.site.site import Site

PERSON_NEEDS = timedelta(seconds=2)
GOOD_FOR = timedelta(days=1)


def make_stamp(site: Site, list_slug: str, now: datetime) -> str:
    """What goes into the form's hidden field."""
    moment = str(int(now.timestamp()))
    return f"{moment}.{_sign(site, list_slug, moment)}"


def is_fresh(site: Site, list_slug: str, stamp: str, now: datetime) -> bool:
    """Whether our form was shown long enough ago for a person, and not too long."""
    moment, _, signature = stamp.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(site, list_slug, moment).encode()):
        return False
    age = now - datetime.fromtimestamp(int(moment), UTC)
    return PERSON_NEEDS <= age <= GOOD_FOR


def _sign(site: Site, list_slug: str, moment: str) -> str:
    return site.keyed(f"form {list_slug} {moment}")[:40]
