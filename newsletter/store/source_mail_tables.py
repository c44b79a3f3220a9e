"""The table of mail that comes to the addresses of sources."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime

source_mails = sa.Table(
    "source_mails",
    metadata,
    # One row for each newsletter with the source: the same mail may be a source of two.
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("address", sa.String, nullable=False),  # of the source, in small letters
    sa.Column("message", Id, nullable=False),  # inbound_messages.id, which is forgotten earlier
    sa.Column("sender", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False, index=True),
    sa.Column("content", sa.LargeBinary),  # null once it was read or dropped
    sa.Column("state", sa.String, nullable=False),  # issues.source_mail.SourceMailState
    sa.Column(
        "held_for", sa.String, nullable=False
    ),  # issues.source_mail.HeldReason; "" if it is not
    sa.Column("tries", sa.Integer, nullable=False),
    sa.UniqueConstraint("newsletter", "address", "message", name="uq_source_mails_newsletter"),
)
