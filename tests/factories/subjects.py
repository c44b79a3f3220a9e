"""What editors are told by mail: the subjects of the letters that wait in the outbox."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.site.site import Site
from newsletter.store import tables
from tests.factories.delivery import parsed
from tests.factories.editors import ADDRESS


def told(site: Site, address: str = ADDRESS) -> list[str]:
    """The subjects of the letters to this address without the site's title, oldest first."""
    with site.database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.select(tables.outbox)
            .where(tables.outbox.c.recipient == address)
            .order_by(tables.outbox.c.id)
        ).all()
    return [str(parsed(row.message)["Subject"]).partition(": ")[2] for row in rows]
