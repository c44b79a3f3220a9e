"""Who gets a newsletter: the readers of its list, divided by frequency if it has a digest."""

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
    """The query of the newsletter's recipients at a moment: the only source of addresses to mail."""
    return partial(audience, site.newsletter(slug).list, frequency=frequency_of(site, slug))


def frequency_of(site: Site, slug: str) -> Frequency | None:
    """The frequency of the readers whom the newsletter serves; None for all readers of the list.

    If there is no digest, a reader who once chose monthly gets every issue, so that nobody is
    left out.
    """
    newsletters = site.settings.newsletters
    if newsletters[slug].digest_of is not None:
        return Frequency.MONTHLY
    has_digest = any(other.digest_of == slug for other in newsletters.values())
    return Frequency.WEEKLY if has_digest else None
