"""The table of the imports of people that run in the background."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime

people_imports = sa.Table(
    "people_imports",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String, nullable=False),  # the editor's address
    sa.Column("file_name", sa.String, nullable=False),
    sa.Column("content", sa.LargeBinary),  # null once it is imported, dropped or a day old
    sa.Column("octets", Id, nullable=False),
    sa.Column("choices", sa.JSON, nullable=False),  # store.people_imports.ImportChoices
    sa.Column("state", sa.String, nullable=False),  # store.people_imports.ImportState
    sa.Column("done", Id, nullable=False, default=0),  # octets of the file
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("report", sa.JSON, nullable=False, default=dict),
    sa.Column("problem", sa.String, nullable=False, default=""),
    sa.Column("finished_at", UtcDateTime),
)
