"""The metadata that collects all tables of newsletter."""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.tables import metadata as subscribers_metadata

metadata = sa.MetaData(naming_convention=subscribers_metadata.naming_convention)
