"""migrate-database: move the site to another database, entirely or not at all, and seal the old one.

The old database is sealed first, and the new one is filled in one transaction. At no time can both
be written to, so nothing can be sent from both. A failure before that transaction is committed
lifts the seal. A process that is killed meanwhile leaves a sealed database and an empty one; the
same command then completes the move.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import NotPermittedError, TemporaryError
from newsletter.pipeline.deliver import ledger_of
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.database import Database, open_database
from newsletter.store.ledger import issues_with_journals, living_senders
from newsletter.store.migrations import upgrade
from newsletter.store.seal import Seal, lift_seal, seal_of, set_seal
from newsletter.store.tables import site as site_table
from newsletter.store.transfer import ARRIVAL_KEY, Copied, copy_all, empty, holds_data


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseMove:
    """The address and tables of the new database; `again` if an earlier run had moved the site."""

    to: str
    tables: tuple[Copied, ...]
    again: bool = False


def migrate_database(site: Site, url: str, *, replace: bool, now: datetime) -> DatabaseMove:
    """Move everything to the database at `url`; with `replace`, delete what that one contains.

    Repeating a completed move changes nothing. Raises NotPermittedError for a target with other
    data, TemporaryError while an issue is being sent, and DatabaseUnavailableError.
    """
    target = open_database(url, site.folder)
    try:
        upgrade(target)
        recover_journals(site, now)
        seal = _seal_source(site, target, replace=replace)
        return _completed_move(target, seal) or _fill(site, target, seal, replace=replace)
    finally:
        target.close()


def recover_journals(site: Site, now: datetime) -> None:
    """Bring the receipts in dead senders' journal files into the database, so that they move too."""
    with site.database.transaction(read_only=True) as connection:
        if seal_of(connection) is not None:
            return
        unfinished = [
            issue_store.issue_numbered(connection, number)
            for number in issues_with_journals(connection)
        ]
    for issue in unfinished:
        ledger_of(site, issue).recover(now)


def address_of(database: Database) -> str:
    """The database's address as in newsletter.toml, without a password."""
    url = database.engine.url
    if database.is_sqlite:
        return f"sqlite:///{Path(url.database or '').resolve()}"
    return url.set(drivername="postgresql", password=None).render_as_string()


def _seal_source(site: Site, target: Database, *, replace: bool) -> Seal:
    to = address_of(target)
    with site.database.transaction() as connection:
        seal = seal_of(connection)
        if seal is None:
            if address_of(site.database) == to:
                raise NotPermittedError(
                    "the site uses this database already", fix="name another one with --to"
                )
            _require_empty(target, replace=replace)
            seal = set_seal(connection, to)
            # After the seal, so that no sender claims deliveries between the check and the commit.
            _require_no_sender(connection, site.database)
        elif seal.to != to:
            raise NotPermittedError(
                f"this site has moved to {seal.to}",
                fix=f"move it from there, or complete the move: --to {seal.to}",
            )
    return seal


def _require_empty(target: Database, *, replace: bool) -> None:
    with target.transaction(read_only=True) as connection:
        if not holds_data(connection):
            return
        if replace:
            _require_no_sender(connection, target)
            return
    raise NotPermittedError(
        f"{address_of(target)} already contains a site's data",
        fix="name an empty database, or delete what that one contains with --replace",
    )


def _require_no_sender(connection: sa.Connection, database: Database) -> None:
    if living_senders(connection, database) or issues_with_journals(connection):
        raise TemporaryError(
            f"an issue is being sent from {address_of(database)}",
            fix="wait until it ends, or stop it with `newsletter stop`, then run this again",
        )


def _completed_move(target: Database, seal: Seal) -> DatabaseMove | None:
    """The result of an earlier run, if this move has already filled the target."""
    with target.transaction(read_only=True) as connection:
        value = connection.scalar(
            sa.select(site_table.c.value).where(site_table.c.key == ARRIVAL_KEY)
        )
    record = json.loads(value) if value else {}
    if record.get("move") != seal.move:
        return None
    return DatabaseMove(
        to=seal.to, tables=tuple(Copied(**table) for table in record["tables"]), again=True
    )


def _fill(site: Site, target: Database, seal: Seal, *, replace: bool) -> DatabaseMove:
    is_complete = False
    try:
        with (
            site.database.transaction(read_only=True) as source,
            target.transaction() as connection,
        ):
            if replace:
                _clear(connection, seal)
            elif holds_data(connection):
                _require_empty(target, replace=False)
            tables = copy_all(source, connection)
            record = {"move": seal.move, "tables": [asdict(table) for table in tables]}
            connection.execute(
                sa.insert(site_table).values(key=ARRIVAL_KEY, value=json.dumps(record))
            )
            is_complete = True
    except BaseException:
        # After a failed commit the seal stays, because the commit may have succeeded after all.
        if not is_complete:
            with site.database.transaction() as connection:
                lift_seal(connection)
        raise
    return DatabaseMove(to=seal.to, tables=tuple(tables))


def _clear(connection: sa.Connection, seal: Seal) -> None:
    target_seal = seal_of(connection)
    if target_seal is not None and target_seal.move == seal.move:
        raise NotPermittedError("the site uses this database already, by another address")
    lift_seal(connection)
    empty(connection)
