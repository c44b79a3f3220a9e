"""Mail to the addresses of sources: kept until it is read, or until an editor decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.issues.source_mail import HeldMail, HeldReason, SourceMailState, is_due
from newsletter.store.source_mail_tables import source_mails
from subscribers.inbound.mail_log import storable
from subscribers.sql import insert_once

if TYPE_CHECKING:
    from newsletter.articles.mailed.reading import ArrivedMail

AT_ONCE = 20
"""Mails of one source that one reading takes."""
KEPT = timedelta(days=60)
MOST_HELD = 200
"""Mails of one newsletter that are shown as waiting for an editor."""
LONGEST = 300
"""Characters of a sender or a subject that are kept."""


def keep_mail(
    connection: sa.Connection,
    *,
    source: tuple[str, str],
    message: int,
    sender: str,
    subject: str,
    content: bytes,
    held_for: HeldReason | None,
    now: datetime,
) -> None:
    """Keep a mail to a source, which is its newsletter and its address; the same mail only once."""
    newsletter, address = source
    state = SourceMailState.WAITING if held_for is None else SourceMailState.HELD
    row = {
        "newsletter": newsletter,
        "address": address,
        "message": message,
        "sender": storable(sender)[:LONGEST],
        "subject": storable(subject)[:LONGEST],
        "received_at": now,
        "content": content,
        "state": state.value,
        "held_for": held_for.value if held_for else "",
        "tries": 0,
    }
    insert_once(connection, source_mails, row)


def waiting_mails(
    connection: sa.Connection, newsletter: str, addresses: Collection[str]
) -> Mapping[str, Sequence[ArrivedMail]]:
    """The mails that wait to be read, the oldest first, by the address of their source."""
    from newsletter.articles.mailed.reading import ArrivedMail  # few sites have such a source

    found: dict[str, list[ArrivedMail]] = {}
    for address in addresses:
        rows = connection.execute(
            sa.select(source_mails)
            .where(*_of(newsletter, SourceMailState.WAITING), source_mails.c.address == address)
            .order_by(source_mails.c.id)
            .limit(AT_ONCE)
        )
        found[address] = [
            ArrivedMail(
                id=row.id, content=row.content, received_at=row.received_at, tries=row.tries
            )
            for row in rows
        ]
    return found


def addresses_with_mail(
    connection: sa.Connection, newsletter: str, now: datetime
) -> frozenset[str]:
    """The addresses of the newsletter's sources at which mail is to be read now."""
    rows = connection.execute(
        sa.select(source_mails.c.address, source_mails.c.received_at, source_mails.c.tries).where(
            *_of(newsletter, SourceMailState.WAITING)
        )
    )
    return frozenset(row.address for row in rows if is_due(row.received_at, row.tries, now))


def note_reading(connection: sa.Connection, given: Collection[int], done: Collection[int]) -> None:
    """Note which of the mails that were given to a reading are done with; the others are tried again."""
    left = set(given) - set(done)
    _change(connection, done, state=SourceMailState.READ.value, content=None)
    _change(connection, left, tries=source_mails.c.tries + 1)


def held_mails(connection: sa.Connection, newsletter: str | None = None) -> list[HeldMail]:
    """The mails that wait for an editor, of one newsletter or of all, the newest first."""
    columns = [column for column in source_mails.c if column.name != "content"]
    query = sa.select(*columns).where(*_held_of(newsletter))
    rows = connection.execute(query.order_by(source_mails.c.id.desc()).limit(MOST_HELD))
    return [_held(row) for row in rows]


def count_held(connection: sa.Connection, newsletter: str | None = None) -> int:
    """How many mails wait for an editor, of one newsletter or of all."""
    query = sa.select(sa.func.count()).select_from(source_mails).where(*_held_of(newsletter))
    return connection.scalar(query) or 0


def find_held(connection: sa.Connection, number: int) -> tuple[HeldMail, bytes]:
    """The mail with this number that waits for an editor, and its octets. Raises UnknownNameError."""
    row = connection.execute(
        sa.select(source_mails).where(
            source_mails.c.id == number, source_mails.c.state == SourceMailState.HELD.value
        )
    ).one_or_none()
    if row is None:
        raise UnknownNameError(
            f"no mail {number} waits for a decision",
            fix="`newsletter sources mail list` shows those that do",
        )
    return _held(row), row.content


def release(connection: sa.Connection, numbers: Collection[int]) -> int:
    """Have these mails read with the next reading of their source; returns how many they are."""
    return _release(connection, source_mails.c.id.in_(numbers))


def release_alike(connection: sa.Connection, mail: HeldMail) -> int:
    """Release the mail, and all of its sender to the same source that wait to have it confirmed."""
    alike = (
        (source_mails.c.newsletter == mail.newsletter)
        & (source_mails.c.address == mail.address)
        & (source_mails.c.sender == mail.sender)
        & (source_mails.c.held_for == HeldReason.UNCONFIRMED.value)
    )
    return _release(connection, alike | (source_mails.c.id == mail.id))


def _release(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    done = connection.execute(
        sa.update(source_mails)
        .where(source_mails.c.state == SourceMailState.HELD.value, which)
        .values(state=SourceMailState.WAITING.value, held_for="")
    )
    return done.rowcount


def drop(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Delete what these mails say; that they came stays known for a while."""
    _change(connection, numbers, state=SourceMailState.DROPPED.value, content=None)


def forget_source_mails(connection: sa.Connection, now: datetime) -> None:
    """Delete what came long ago, read or not."""
    connection.execute(sa.delete(source_mails).where(source_mails.c.received_at < now - KEPT))


def _held_of(newsletter: str | None) -> list[sa.ColumnElement[bool]]:
    wanted = [source_mails.c.state == SourceMailState.HELD.value]
    return wanted if newsletter is None else [*wanted, source_mails.c.newsletter == newsletter]


def _of(newsletter: str, state: SourceMailState) -> tuple[sa.ColumnElement[bool], ...]:
    return (source_mails.c.newsletter == newsletter, source_mails.c.state == state.value)


def _change(connection: sa.Connection, numbers: Collection[int], **values: object) -> None:
    """Change those of the mails that are not done with."""
    if not numbers:
        return
    open_states = (SourceMailState.HELD.value, SourceMailState.WAITING.value)
    connection.execute(
        sa.update(source_mails)
        .where(source_mails.c.id.in_(numbers), source_mails.c.state.in_(open_states))
        .values(**values)
    )


def _held(row: sa.Row[tuple[object, ...]]) -> HeldMail:
    return HeldMail(
        id=row.id,
        newsletter=row.newsletter,
        address=row.address,
        sender=row.sender,
        subject=row.subject,
        received_at=row.received_at,
        held_for=HeldReason(row.held_for),
    )
