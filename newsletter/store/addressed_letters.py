"""Letters whose message is made for its reader when it is claimed: corrections and dated letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.issues.dated_letter import LetterState
from newsletter.store.audience import Audience, present_readers
from newsletter.store.correction_letters import add_accepted
from newsletter.store.letter_ledger import settle
from newsletter.store.letter_tables import dated_letters, letter_texts
from newsletter.store.sending_tables import corrections, outbox
from newsletter.store.tables import issues

AudienceOf = Callable[[str], Audience]
"""From a newsletter's slug to its readers."""

IS_ADDRESSED = outbox.c.subscriber_id.is_not(None)

KEYS = (outbox.c.id, outbox.c.correction_id, outbox.c.letter_text_id, outbox.c.subscriber_id)
"""What says which letter a row of the outbox is."""

_STATES = {
    DeliveryState.ACCEPTED: LetterState.ACCEPTED,
    DeliveryState.REJECTED: LetterState.REJECTED,
    DeliveryState.EXPIRED: LetterState.EXPIRED,
    DeliveryState.UNKNOWN: LetterState.UNKNOWN,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterAbout:
    """The correction or the version of a dated letter, and the reader whom it is to."""

    subscriber_id: int
    correction_id: int | None = None
    text_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundReaders:
    """The readers of claimed letters by the letter's row, and the rows whose readers have left."""

    readers: Mapping[int, Any]
    gone: Collection[int]


def is_any_waiting(connection: sa.Connection) -> bool:
    """Whether a dated letter is in the outbox."""
    query = sa.select(outbox.c.id).where(outbox.c.letter_text_id.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def find_readers(
    connection: sa.Connection,
    letters: Sequence[sa.Row[Any]],
    audience_of: AudienceOf | None,
    now: datetime,
) -> FoundReaders:
    """Look up the readers of these rows of the outbox (rule 1).

    A row whose reader has left the newsletter's audience, or whose letter was deleted, is deleted.
    """
    addressed = [row for row in letters if row.subscriber_id is not None]
    if not addressed or audience_of is None:
        return FoundReaders(readers={}, gone=())
    slugs = _newsletters(connection, addressed)
    readers: dict[int, Any] = {}
    for slug in sorted(set(slugs.values())):
        ours = [row for row in addressed if slugs.get(row.id) == slug]
        present = present_readers(
            connection, [row.subscriber_id for row in ours], audience_of(slug), now
        )
        readers |= {
            row.id: present[row.subscriber_id] for row in ours if row.subscriber_id in present
        }
    gone = [row for row in addressed if row.id not in readers]
    if gone:
        connection.execute(sa.delete(outbox).where(outbox.c.id.in_([row.id for row in gone])))
        for state in (LetterState.ABSENT, LetterState.WITHDRAWN):
            kept = state is LetterState.ABSENT
            settle(connection, state, _dated(r for r in gone if (r.id in slugs) is kept), now)
    return FoundReaders(readers=readers, gone=[row.id for row in gone])


def settle_addressed(
    connection: sa.Connection, letters: Sequence[Any], receipts: Sequence[Receipt]
) -> None:
    """Count what became of these letters, given by `KEYS`, in what they belong to."""
    by_row = {row.id: row for row in letters}
    accepted: Counter[int] = Counter()
    ended: dict[LetterState, list[sa.Row[Any]]] = {}
    at = {}
    for receipt in receipts:
        row, state = by_row.get(receipt.subscriber_id), _STATES.get(receipt.state)
        if row is None or state is None:
            continue
        if row.correction_id is not None and state is LetterState.ACCEPTED:
            accepted[row.correction_id] += 1
        ended.setdefault(state, []).append(row)
        at[state] = receipt.at
    for correction_id, count in sorted(accepted.items()):  # a fixed order prevents deadlocks
        add_accepted(connection, correction_id, count)
    for state, rows in sorted(ended.items()):
        settle(connection, state, _dated(rows), at[state])


def settle_rows(
    connection: sa.Connection, letters: Sequence[Any], state: LetterState, now: datetime
) -> None:
    """Note that all these letters, given by `KEYS`, came to `state`."""
    settle(connection, state, _dated(letters), now)


def _dated(letters: Any) -> list[tuple[int | None, int | None]]:
    return [(row.letter_text_id, row.subscriber_id) for row in letters]


def _newsletters(connection: sa.Connection, letters: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """The newsletter of each of these rows, by its id; those of deleted letters are missing."""
    by_correction = {row.correction_id for row in letters if row.correction_id is not None}
    by_text = {row.letter_text_id for row in letters if row.letter_text_id is not None}
    of_corrections: dict[int, str] = {}
    of_texts: dict[int, str] = {}
    if by_correction:
        rows = connection.execute(
            sa.select(corrections.c.id, issues.c.newsletter)
            .select_from(corrections.join(issues))
            .where(corrections.c.id.in_(by_correction))
        )
        of_corrections = {row.id: row.newsletter for row in rows}
    if by_text:
        rows = connection.execute(
            sa.select(letter_texts.c.id, dated_letters.c.newsletter)
            .select_from(letter_texts.join(dated_letters))
            .where(letter_texts.c.id.in_(by_text), dated_letters.c.deleted_at.is_(None))
        )
        of_texts = {row.id: row.newsletter for row in rows}
    return {
        row.id: slug
        for row in letters
        if (slug := of_corrections.get(row.correction_id) or of_texts.get(row.letter_text_id))
    }
