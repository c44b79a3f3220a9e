"""Who gets a newsletter: its list, and where there is a monthly digest, by how often they read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from newsletter.site.site import Site
from subscribers.audience import audience
from subscribers.subscriber import Frequency


def recipients_of(site: Site, slug: str) -> Callable[[datetime], sa.Select[Any]]:
    """The one door to addresses, for this newsletter."""
    return partial(audience, site.newsletter(slug).list, frequency=frequency_of(site, slug))


def frequency_of(site: Site, slug: str) -> Frequency | None:
    """Which readers of the list this newsletter serves; None is all of them.

    Without a digest a reader who once chose monthly gets every issue: nobody is left out.
    """
    newsletters = site.settings.newsletters
    if newsletters[slug].digest_of is not None:
        return Frequency.MONTHLY
    has_digest = any(other.digest_of == slug for other in newsletters.values())
    return Frequency.WEEKLY if has_digest else None
