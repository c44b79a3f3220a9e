"""Dated letters by themselves: plans who is to get one, and decides those whose day has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.issues.dated_letter import (
    WEEK,
    Decision,
    LetterState,
    ReaderDay,
    Verdict,
    decide,
    usual_hour,
)
from newsletter.issues.due import next_due
from newsletter.issues.morning import zone_named
from newsletter.site.lists import newsletters_of
from newsletter.site.occasions import due_now
from newsletter.site.readers_hour import mornings_of
from newsletter.site.recipients import readers_of
from newsletter.site.site import Site
from newsletter.store import letter_ledger as ledger
from newsletter.store import newsletters as newsletter_store
from newsletter.store.audience import present_readers
from newsletter.store.dated_letters import DatedLetter, all_letters
from newsletter.store.issues import open_issue
from newsletter.store.letter_planning import (
    OVERLAP,
    Confirmed,
    confirmed_since,
    note_planned,
    plan,
    planned_to,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """An issue that is expected to come: its newsletter, and when in the zone of that name."""

    newsletter: str
    comes_at: Callable[[str], datetime]


def serve_letters(site: Site, clock: Callable[[], datetime], stop: threading.Event) -> int:
    """Plan and decide until nothing is due, few may be written, or `stop` is set.

    Returns how many letters entered the outbox. Safe to repeat, and beside other processes.
    """
    with site.database.transaction(read_only=True) as connection:
        letters = all_letters(connection, list(site.settings.newsletters))
        may_send = newsletter_store.is_armed(connection)
    if not letters or not may_send or not site.settings.relays:
        return 0
    for letter in letters:
        _plan(site, letter, clock(), stop)
    queued = 0
    while not stop.is_set():
        taken, written = _decide_batch(site, letters, clock())
        queued += written
        if not taken:
            break
    return queued


def _plan(site: Site, letter: DatedLetter, now: datetime, stop: threading.Event) -> None:
    """Have those who confirmed since the last time wait for the letter."""
    list_slug = site.newsletter(letter.newsletter).list
    with site.database.transaction(read_only=True) as connection:
        reached = planned_to(connection, letter.id)
    last: Confirmed | None = None
    while not stop.is_set():
        with site.database.transaction(read_only=True) as connection:
            found = confirmed_since(connection, list_slug, reached - OVERLAP, last)
        looks = _looks(site, letter, found, now)
        is_last = len(found) < ledger.BATCH
        if looks or not is_last or reached < now - HOUR:
            with site.database.transaction() as connection:
                plan(connection, letter.id, looks)
                note_planned(connection, letter.id, now if is_last else found[-1].at)
        if is_last:
            return
        last = found[-1]


def _looks(
    site: Site, letter: DatedLetter, found: Iterable[Confirmed], now: datetime
) -> dict[int, tuple[datetime, datetime]]:
    """When each of these readers confirmed, and is decided: a day early, as zones may change."""
    hour = _hour_of(site, letter, now)
    looks: dict[int, tuple[datetime, datetime]] = {}
    for one in found:
        day = _reader_day(site, letter, hour, one.at, one.time_zone)
        if day.due >= letter.days_since:
            looks[one.subscriber_id] = (one.at, day.due - DAY)
    return looks


def _decide_batch(site: Site, letters: Sequence[DatedLetter], now: datetime) -> tuple[int, int]:
    """Decide the next readers; returns how many those were, and how many letters were queued."""
    by_id = {letter.id: letter for letter in letters}
    with site.database.transaction(read_only=True) as connection:
        if not ledger.has_due(connection, now):
            return 0, 0
    with site.database.transaction() as connection:
        if not ledger.has_room(connection, now):
            return 0, 0
        due = ledger.take_due(connection, now)
        queued = 0
        for letter_id, readers in sorted(due.items()):
            letter = by_id.get(letter_id)
            if letter is None:  # its newsletter is not configured any more, or just deleted
                later = {one.subscriber_id: now + DAY for one in readers}
                ledger.look_again(connection, letter_id, later)
            else:
                queued += _decide(site, connection, letter, readers, now)
        return sum(map(len, due.values())), queued


def _decide(
    site: Site,
    connection: sa.Connection,
    letter: DatedLetter,
    readers: Sequence[ledger.WaitingReader],
    now: datetime,
) -> int:
    """Decide these readers of one letter, and write it; returns how many letters were queued."""
    ids = [one.subscriber_id for one in readers]
    hour = _hour_of(site, letter, now)
    present = present_readers(connection, ids, readers_of(site, letter.newsletter), now)
    newsletters = newsletters_of(site.settings, site.newsletter(letter.newsletter).list)
    # In the order in which an issue passes through them, so that one that moves on meanwhile is seen.
    expected = _expected(site, connection, newsletters, now)
    sent = ledger.issues_sent_since(connection, newsletters, now - 2 * WEEK)
    came = ledger.came_to(connection, sent, ids)
    getters = {
        slug: present_readers(connection, ids, readers_of(site, slug), now)
        for slug in {one.newsletter for one in expected}
    }
    looks: dict[int, datetime] = {}
    skipped: dict[LetterState, list[int]] = {}
    sends: list[int] = []
    for one in readers:
        reader = one.subscriber_id
        decision = decide(
            _reader_day(site, letter, hour, one.confirmed_at, one.time_zone),
            sent=came.get(reader, ()),
            expected=[
                issue.comes_at(one.time_zone)
                for issue in expected
                if reader in getters[issue.newsletter]
            ],
            is_reader=reader in present,
            now=now,
        )
        _note(decision, reader, looks, skipped, sends)
    ledger.look_again(connection, letter.id, looks)
    ledger.skip(connection, letter.id, skipped, now)
    ledger.queue(connection, letter.id, letter.version.id, sends, now)
    return len(sends)


def _note(
    decision: Decision,
    reader: int,
    looks: dict[int, datetime],
    skipped: dict[LetterState, list[int]],
    sends: list[int],
) -> None:
    if decision.verdict is Verdict.SEND:
        sends.append(reader)
    elif decision.look_at is not None:
        looks[reader] = decision.look_at
    elif decision.state is not None:
        skipped.setdefault(decision.state, []).append(reader)


def _expected(
    site: Site, connection: sa.Connection, newsletters: Collection[str], now: datetime
) -> list[Expectation]:
    """The issues that may still come: one that is due, the next one, and one that is being made."""
    return [
        Expectation(newsletter=slug, comes_at=_coming(site, slug, moment))
        for slug in newsletters
        for moment in sorted(set(_moments(site, connection, slug, now)))
    ]


def _moments(site: Site, connection: sa.Connection, slug: str, now: datetime) -> Iterable[datetime]:
    newsletter, zone = site.newsletter(slug), site.settings.site.zone
    if not newsletter.paused:
        overdue = due_now(site, connection, slug, now)
        if overdue is not None:
            yield overdue
        issue = open_issue(connection, slug)
        if issue is not None:
            yield issue.goes_out
        yield next_due(newsletter.schedule, zone, now, without=frozenset(newsletter.holidays))
    if ledger.is_send_unplanned(connection, slug):
        yield now


def _coming(site: Site, slug: str, moment: datetime) -> Callable[[str], datetime]:
    """When an issue that goes out at that moment comes to a reader in the zone of a name."""
    mornings = mornings_of(site, slug, start=moment)
    if mornings is None:
        return lambda _name: moment
    known: dict[str, datetime] = {}

    def comes_at(name: str) -> datetime:
        if name not in known:
            known[name] = mornings([name])[name]
        return known[name]

    return comes_at


def _hour_of(site: Site, letter: DatedLetter, now: datetime) -> time:
    newsletter = site.newsletter(letter.newsletter)
    return usual_hour(newsletter.schedule, newsletter.deliver, site.settings.site.zone, now)


def _reader_day(
    site: Site, letter: DatedLetter, hour: time, confirmed_at: datetime, time_zone: str
) -> ReaderDay:
    """The reader's day, in their own zone where the newsletter goes by that."""
    home: ZoneInfo = site.settings.site.zone
    has_own = site.newsletter(letter.newsletter).deliver is not None
    return ReaderDay(
        confirmed_at=confirmed_at,
        days=letter.version.days,
        hour=hour,
        zone=zone_named(time_zone, home) if has_own else home,
    )
