"""Which sources are being read now, so that no two processes read one source at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.liveness import is_alive, living_sender
from newsletter.store.tables import source_claims
from subscribers.sql import insert_or_nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceClaims:
    """The claims of one reader. Those of a reader that died are void."""

    database: Database
    reader: str

    def take(self, connection: sa.Connection, keys: Collection[str]) -> frozenset[str]:
        """Claim the sources; returns those that no other living reader has."""
        if not keys:
            return frozenset()
        dead = {
            reader
            for reader in self._readers(connection, keys)
            if not is_alive(self.database, reader)
        }
        if dead:
            connection.execute(
                sa.delete(source_claims).where(
                    source_claims.c.key.in_(keys), source_claims.c.sender.in_(dead)
                )
            )
        # In the order of the keys, so that two readers never wait for each other.
        rows = [{"key": key, "sender": self.reader} for key in sorted(set(keys))]
        claim = insert_or_nothing(connection, source_claims).values(rows)
        taken = connection.execute(claim.returning(source_claims.c.key))
        return frozenset(row.key for row in taken)

    def release(self, connection: sa.Connection) -> None:
        """Give back all claims of this reader."""
        connection.execute(sa.delete(source_claims).where(source_claims.c.sender == self.reader))

    def any_elsewhere(self, keys: Collection[str]) -> bool:
        """Whether another living reader still has one of the sources."""
        with self.database.transaction(read_only=True) as connection:
            readers = self._readers(connection, keys)
        return any(is_alive(self.database, reader) for reader in readers)

    def _readers(self, connection: sa.Connection, keys: Collection[str]) -> frozenset[str]:
        rows = connection.execute(
            sa.select(source_claims.c.sender)
            .where(source_claims.c.key.in_(keys), source_claims.c.sender != self.reader)
            .distinct()
        )
        return frozenset(row.sender for row in rows)


@contextmanager
def claiming_sources(database: Database) -> Iterator[SourceClaims]:
    """Claims that the block releases when it is done; an error, or the end of the process, does too."""
    with living_sender(database) as sender:
        claims = SourceClaims(database=database, reader=sender.identity)
        try:
            yield claims
        except BaseException:
            with database.transaction() as connection:
                claims.release(connection)
            raise
