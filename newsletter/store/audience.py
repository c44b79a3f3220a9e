"""The readers who may be mailed at a moment, as the ledgers ask for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

Audience = Callable[[datetime], sa.Select[Any]]
"""The only source of addresses (rule 1).

Selects subscriber_id, address, name, follows, sees, links_since, mail_format, time_zone.
"""


def present_readers(
    connection: sa.Connection, subscriber_ids: Collection[int], audience: Audience, now: datetime
) -> dict[int, Any]:
    """Address, name, links_since and mail_format of those still in the audience, by subscriber id."""
    readers = audience(now).subquery()
    rows = connection.execute(
        sa.select(
            readers.c.subscriber_id,
            readers.c.address,
            readers.c.name,
            readers.c.links_since,
            readers.c.mail_format,
        ).where(readers.c.subscriber_id.in_(subscriber_ids))
    )
    return {row.subscriber_id: row for row in rows.all()}
