"""Chains the entries of the audit record by hashes, beginning with those that are there."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0026"
down_revision = "0024"

_FIRST = "0" * 64
_STRINGS = ("who", "what", "detail", "salt", "digest", "hash")
_audit = sa.table(
    "audit",
    sa.column("id"),
    sa.column("position"),
    sa.column("at", UtcDateTime),
    *map(sa.column, _STRINGS),
)


def upgrade() -> None:
    """Add the columns and the table, and chain what was recorded until now."""
    with op.batch_alter_table("audit") as batch:
        batch.add_column(sa.Column("position", sa.Integer(), nullable=True))
        for name in ("salt", "digest", "hash"):
            batch.add_column(sa.Column(name, sa.String(), nullable=True))
        batch.create_unique_constraint(op.f("uq_audit_position"), ["position"])
        batch.create_unique_constraint(op.f("uq_audit_hash"), ["hash"])
    chain = op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("start_position", sa.Integer(), nullable=False),
        sa.Column("start_hash", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    connection = op.get_bind()
    position, last = 0, _FIRST
    for row in connection.execute(sa.select(_audit).order_by(_audit.c.id)).all():
        position += 1
        salt = secrets.token_hex(16)
        digest = _sha256(f"{salt} {row.detail}".encode())
        at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
        content = [last, position, row.id, at, row.who, row.what, digest]
        last = _sha256(json.dumps(content).encode())
        connection.execute(
            sa.update(_audit)
            .where(_audit.c.id == row.id)
            .values(position=position, salt=salt, digest=digest, hash=last)
        )
    if position:
        start = {"id": 1, "start_position": 0, "start_hash": _FIRST, "told": 0}
        connection.execute(sa.insert(chain).values(**start, position=position, hash=last))


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
