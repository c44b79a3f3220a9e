"""migrate-database: move the site to another database, all of it or none, and seal the old one.

The old database is sealed first and the new one is filled in one transaction: at no moment can
both be written to, so nothing can be sent from both. Whatever fails before that transaction is
committed lifts the seal again; a process killed meanwhile leaves a sealed database and an empty
one, and the same command once more completes the move.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import NotPermittedError, TemporaryError
from newsletter.pipeline.deliver import ledger_of
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.database import Database, open_database
from newsletter.store.ledger import issues_with_journals, living_senders
from newsletter.store.migrations import upgrade
from newsletter.store.seal import Seal, lift_seal, seal_of, set_seal
from newsletter.store.tables import site as site_table
from newsletter.store.transfer import ARRIVAL_KEY, Copied, copy_all, empty, holds_data


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Where the site is now; `again`: a run before this one had moved it."""

    to: str
    tables: tuple[Copied, ...]
    again: bool = False


def migrate_database(site: Site, url: str, *, replace: bool, now: datetime) -> Moved:
    """Move everything to the database at `url`; `replace` gives up what that one holds.

    Moving twice is once: a complete target is left as it is. Raises NotPermittedError for a
    target that holds anything else, TemporaryError while a living sender has messages in hand,
    DatabaseUnavailableError.
    """
    target = open_database(url, site.folder)
    try:
        upgrade(target)
        _take_in_journals(site, now)
        seal = _sealed(site, target, replace=replace)
        return _arrived(target, seal) or _fill(site, target, seal, replace=replace)
    finally:
        target.close()


def _take_in_journals(site: Site, now: datetime) -> None:
    """What dead senders wrote into files is to move with the rest."""
    with site.database.transaction(read_only=True) as connection:
        if seal_of(connection) is not None:
            return
        left = [
            issue_store.issue_numbered(connection, number)
            for number in issues_with_journals(connection)
        ]
    for issue in left:
        ledger_of(site, issue).recover(now)


def address_of(database: Database) -> str:
    """The database's address as newsletter.toml would have it, without a password."""
    url = database.engine.url
    if database.is_sqlite:
        return f"sqlite:///{Path(url.database or '').resolve()}"
    return url.set(drivername="postgresql", password=None).render_as_string()


def _sealed(site: Site, target: Database, *, replace: bool) -> Seal:
    to = address_of(target)
    with site.database.transaction() as connection:
        seal = seal_of(connection)
        if seal is None:
            if address_of(site.database) == to:
                raise NotPermittedError(
                    "the site uses this database already", fix="name another one with --to"
                )
            _require_room(target, replace=replace)
            seal = set_seal(connection, to)
            # After the seal, so that nobody claims between the look and the commit.
            _require_rest(connection, site.database)
        elif seal.to != to:
            raise NotPermittedError(
                f"this site has moved to {seal.to}",
                fix=f"move it on from there, or to that place: --to {seal.to}",
            )
    return seal


def _require_room(target: Database, *, replace: bool) -> None:
    with target.transaction(read_only=True) as connection:
        if not holds_data(connection):
            return
        if replace:
            _require_rest(connection, target)
            return
    raise NotPermittedError(
        f"{address_of(target)} holds a site's data already",
        fix="name an empty database, or give up what that one holds with --replace",
    )


def _require_rest(connection: sa.Connection, database: Database) -> None:
    if living_senders(connection, database) or issues_with_journals(connection):
        raise TemporaryError(
            f"an issue is being sent from {address_of(database)}",
            fix="let it end, or stop it with `newsletter stop`, and run this again",
        )


def _arrived(target: Database, seal: Seal) -> Moved | None:
    """What the run before told, if it was this move that filled the target."""
    with target.transaction(read_only=True) as connection:
        value = connection.scalar(
            sa.select(site_table.c.value).where(site_table.c.key == ARRIVAL_KEY)
        )
    told = json.loads(value) if value else {}
    if told.get("move") != seal.move:
        return None
    return Moved(to=seal.to, tables=tuple(Copied(**one) for one in told["tables"]), again=True)


def _fill(site: Site, target: Database, seal: Seal, *, replace: bool) -> Moved:
    whole = False
    try:
        with (
            site.database.transaction(read_only=True) as source,
            target.transaction() as connection,
        ):
            if replace:
                _clear(connection, seal)
            elif holds_data(connection):
                _require_room(target, replace=False)
            tables = copy_all(source, connection)
            told = {"move": seal.move, "tables": [asdict(one) for one in tables]}
            connection.execute(
                sa.insert(site_table).values(key=ARRIVAL_KEY, value=json.dumps(told))
            )
            whole = True
    except BaseException:
        if not whole:  # a commit that failed may have come through: then the seal stays
            with site.database.transaction() as connection:
                lift_seal(connection)
        raise
    return Moved(to=seal.to, tables=tuple(tables))


def _clear(connection: sa.Connection, seal: Seal) -> None:
    theirs = seal_of(connection)
    if theirs is not None and theirs.move == seal.move:
        raise NotPermittedError("the site uses this database already, by another address")
    lift_seal(connection)
    empty(connection)
