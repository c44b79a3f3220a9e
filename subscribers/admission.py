"""Puts people on a list, whether they come from a file, the operator, the form or mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from subscribers import suppression, tables
from subscribers.addresses import Address
from subscribers.errors import SuppressedError
from subscribers.history import Event, HistoryEntry, Way, record, who_agreed, who_chose
from subscribers.lists import ensure_list
from subscribers.other_lists import ended_elsewhere
from subscribers.private_feeds import forget_feeds_on
from subscribers.search_words import keep_names
from subscribers.sql import among, insert_or
from subscribers.subscriber import LEFT, Frequency, MailFormat, Status, clean_name
from subscribers.suppression import Suppression


@dataclass(frozen=True, kw_only=True, slots=True)
class Applicant:
    """A person to be put on a list. `follows` None leaves what is known, and so do a name, a time
    zone and a form of mails that are "".

    `status` and `detail`, if they are set, override those of the terms.
    """

    address: Address
    name: str = ""
    follows: str | None = None
    time_zone: str = ""
    mail_format: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    status: Status | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The terms on which people are put on a list, and the consent that is recorded for each.

    `status` is what a newcomer gets: pending if a confirmation is still to come, or unsubscribed
    if the file names people who left, in which case current subscribers are unsubscribed as well.
    People may come back of their own accord from the statuses `returning`. `force` brings back
    people who left or are suppressed, and needs a stated `consent`.
    """

    list_slug: str
    event: Event
    way: Way
    now: datetime
    detail: str = ""
    status: Status = Status.ACTIVE
    returning: frozenset[Status] = frozenset()
    force: bool = False
    consent: str = ""

    def __post_init__(self) -> None:
        if self.force and not self.consent.strip():
            raise SuppressedError(
                "people who left or are suppressed come back only with a stated consent",
                field="consent",
                fix="say when and how they agreed",
            )

    def record(self, candidate: Applicant) -> str:
        """The detail of the candidate's consent record."""
        detail = candidate.detail or self.detail
        return f"{detail}; consent: {self.consent.strip()}" if self.force else detail

    def status_of(self, candidate: Applicant) -> Status:
        """What a newcomer becomes."""
        return candidate.status or self.status


class AdmissionOutcome(StrEnum):
    """What was done with a candidate."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """What was done with a candidate, and the reason for a refusal."""

    outcome: AdmissionOutcome
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What the database says about a candidate's address."""

    row: sa.Row[Any] | None = None
    status: Status | None = None
    since: datetime | None = None
    chose: bool = False  # set name or tags on the preferences page
    agreed: bool = False  # what is known is their own, or the operator's
    suppression: Suppression | None = None
    elsewhere: str = ""  # how mail to another list ended: "bounced on daily since 2026-03-04"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decision:
    admission: Admission
    status: Status | None = None  # the subscription's new status
    values: Mapping[str, Any] = field(default_factory=dict)  # the subscriber's new values


def admit(
    connection: sa.Connection, candidates: Sequence[Applicant], terms: Terms
) -> list[Admission]:
    """Put people on a list, a few thousand at a time; returns an answer for each, in their order.

    No address may occur twice in one call. People who left or are suppressed are not brought back,
    and what readers chose themselves is not overridden, unless `terms.force`.
    """
    list_id = ensure_list(connection, terms.list_slug)
    known = _known(connection, [candidate.address for candidate in candidates], list_id)
    decisions = [
        _decide(candidate, known[candidate.address.key], terms) for candidate in candidates
    ]
    pairs = list(zip(candidates, decisions, strict=True))
    newcomers = [c for c, d in pairs if d.status is not None and known[c.address.key].row is None]
    _insert_people(connection, newcomers, terms)
    ids = _ids(connection, [c.address.key for c, d in pairs if d.status or d.values])
    keep_names(connection, [ids[c.address.key] for c in newcomers if c.name])
    _update_people(connection, [(ids[c.address.key], d.values) for c, d in pairs if d.values])
    _set_statuses(
        connection,
        list_id,
        [(ids[c.address.key], d.status) for c, d in pairs if d.status is not None],
        terms.now,
    )
    if terms.force:
        for c, d in pairs:
            if d.status is not None and known[c.address.key].suppression:
                suppression.lift(connection, c.address.text, terms.consent, terms.now)
    pairs = [(c, d) for c, d in pairs if d.status is not None or d.values]
    entries = [_history_entry(ids[c.address.key], c, d, terms) for c, d in pairs]
    record(connection, entries, counted=_as_counted(pairs, entries, known))
    return [decision.admission for decision in decisions]


def _set_statuses(
    connection: sa.Connection,
    list_id: int,
    statuses: Sequence[tuple[int, Status]],
    now: datetime,
) -> None:
    """Make or change the subscriptions of these subscribers to the list."""
    insert_or(
        connection,
        tables.subscriptions,
        [
            {
                "list_id": list_id,
                "subscriber_id": subscriber_id,
                "status": status.value,
                "changed_at": now,
            }
            for subscriber_id, status in statuses
        ],
        update=("status", "changed_at"),
    )
    ended = [subscriber_id for subscriber_id, status in statuses if status in LEFT]
    forget_feeds_on(connection, list_id, ended)


def _history_entry(
    subscriber_id: int, candidate: Applicant, decision: _Decision, terms: Terms
) -> HistoryEntry:
    return HistoryEntry(
        subscriber_id=subscriber_id,
        at=terms.now,
        event=_event(decision, terms),
        way=terms.way,
        list_slug=terms.list_slug,
        detail=terms.record(candidate),
    )


def _as_counted(
    pairs: Sequence[tuple[Applicant, _Decision]],
    entries: Sequence[HistoryEntry],
    known: Mapping[str, _Known],
) -> list[HistoryEntry]:
    """The entries as the growth of the list counts them (pure).

    A newcomer who still has to confirm has only asked, and one who left elsewhere never was here.
    """
    counted = []
    for (candidate, decision), entry in zip(pairs, entries, strict=True):
        was = known[candidate.address.key].status
        if decision.status is Status.PENDING:
            entry = replace(entry, event=Event.SUBSCRIBE)
        if decision.status not in LEFT or was in (Status.ACTIVE, Status.PENDING):
            counted.append(entry)
    return counted


def _event(decision: _Decision, terms: Terms) -> Event:
    if decision.status is None:
        return Event.UPDATE
    return Event.UNSUBSCRIBE if decision.status in LEFT else terms.event


def _decide(candidate: Applicant, known: _Known, terms: Terms) -> _Decision:
    """Decide what to do with one candidate (pure)."""
    wanted = terms.status_of(candidate)
    if wanted in LEFT:
        return _leaving(known, wanted)
    refusal = _refusal(known, terms)
    if refusal:
        return _Decision(admission=Admission(outcome=AdmissionOutcome.REFUSED, reason=refusal))
    values = _new_values(candidate, known, terms)
    if known.status is None or known.status in LEFT or known.suppression:
        return _Decision(
            admission=Admission(outcome=AdmissionOutcome.ADDED), status=wanted, values=values
        )
    if known.status is Status.PENDING and wanted is Status.ACTIVE:
        return _Decision(
            admission=Admission(outcome=AdmissionOutcome.UPDATED),
            status=Status.ACTIVE,
            values=values,
        )
    outcome = AdmissionOutcome.UPDATED if values else AdmissionOutcome.UNCHANGED
    return _Decision(admission=Admission(outcome=outcome), values=values)


def _leaving(known: _Known, left_as: Status) -> _Decision:
    if known.status in LEFT:
        return _Decision(admission=Admission(outcome=AdmissionOutcome.UNCHANGED))
    outcome = AdmissionOutcome.ADDED if known.status is None else AdmissionOutcome.UPDATED
    return _Decision(admission=Admission(outcome=outcome), status=left_as)


def _refusal(known: _Known, terms: Terms) -> str:
    standing = known.suppression
    if standing and standing.is_domain:
        return f"{standing.pattern} is suppressed ({standing.reason}): lift that first"
    if terms.force:
        return ""
    if standing:
        return f"suppressed: {standing.reason}"
    if known.status in LEFT - terms.returning and known.since is not None:
        return f"{known.status} since {known.since.date().isoformat()}"
    # Who asks by the form, or moves here, proves that the address is alive and theirs.
    is_by_others = terms.event in (Event.IMPORT, Event.ADD)
    return known.elsewhere if known.status is None and is_by_others else ""


def _new_values(candidate: Applicant, known: _Known, terms: Terms) -> dict[str, Any]:
    if known.row is None or (known.chose and not terms.force):
        return {}
    # An import does not turn what a stranger typed into the form into the reader's own choice.
    keeps = known.agreed or terms.event is Event.SUBSCRIBE
    row = known.row
    name, follows, zone = (row.name, row.follows, row.time_zone) if keeps else ("", "", "")
    wanted = {
        "name": clean_name(candidate.name) or name,
        "follows": follows if candidate.follows is None else candidate.follows,
        "time_zone": candidate.time_zone or zone,
        "mail_format": candidate.mail_format or row.mail_format,
        "attributes": {**known.row.attributes, **candidate.attributes},
    }
    return {key: value for key, value in wanted.items() if value != getattr(known.row, key)}


def _known(
    connection: sa.Connection, addresses: Sequence[Address], list_id: int
) -> dict[str, _Known]:
    people, subscriptions = tables.subscribers, tables.subscriptions
    standing = suppression.suppressed(connection, addresses)
    rows = connection.execute(
        sa.select(people, subscriptions.c.status, subscriptions.c.changed_at)
        .join(
            subscriptions,
            sa.and_(
                subscriptions.c.subscriber_id == people.c.id, subscriptions.c.list_id == list_id
            ),
            isouter=True,
        )
        .where(among(connection, people.c.address_key, (address.key for address in addresses)))
    ).all()
    chose = who_chose(connection, [row.id for row in rows])
    agreed = who_agreed(connection, [row.id for row in rows])
    elsewhere = ended_elsewhere(connection, [row.id for row in rows if row.status is None])
    known = {address.key: _Known(suppression=standing.get(address.key)) for address in addresses}
    for row in rows:
        known[row.address_key] = _Known(
            row=row,
            status=Status(row.status) if row.status else None,
            since=row.changed_at,
            chose=row.id in chose,
            agreed=row.id in agreed,
            suppression=standing.get(row.address_key),
            elsewhere=elsewhere.get(row.id, ""),
        )
    return known


def _insert_people(connection: sa.Connection, newcomers: Sequence[Applicant], terms: Terms) -> None:
    insert_or(
        connection,
        tables.subscribers,
        [
            {
                "address": candidate.address.text,
                "address_key": candidate.address.key,
                "name": clean_name(candidate.name),
                "follows": candidate.follows or "",
                "time_zone": candidate.time_zone,
                "mail_format": candidate.mail_format or MailFormat.HTML.value,
                "frequency": Frequency.WEEKLY.value,  # a column's default costs each row a call
                "attributes": dict(candidate.attributes),
                "created_at": terms.now,
            }
            for candidate in newcomers
        ],
    )


def _update_people(
    connection: sa.Connection, changes: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    table = tables.subscribers
    for subscriber_id, values in changes:
        connection.execute(sa.update(table).where(table.c.id == subscriber_id).values(values))


def _ids(connection: sa.Connection, keys: Sequence[str]) -> dict[str, int]:
    table = tables.subscribers
    if not keys:
        return {}
    found = connection.execute(
        sa.select(table.c.address_key, table.c.id).where(
            among(connection, table.c.address_key, keys)
        )
    )
    return dict(found.all())
