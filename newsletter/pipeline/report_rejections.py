"""Records what relays said about readers' addresses during a send as bounces."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.ledger.counts import counts_of
from newsletter.store.rejections import Rejection, rejections
from newsletter.store.tables import deliveries, issues
from subscribers.blame.blame import Blame
from subscribers.blame.judge import Refusal, judge
from subscribers.blame.widespread import is_widespread
from subscribers.blame.words import same_words
from subscribers.bounces import Bounce, note_bounce
from subscribers.inbound.verdict import Verdict
from subscribers.tables import bounces, subscribers

PAGE_SIZE = 500
"""Rejections handled in one transaction."""


def report_rejections(site: Site, issue: Issue, now: datetime) -> int:
    """Record each rejection that is about a reader's address as a bounce; returns how many are new.

    Rejections are read from the ledger, so that none is missed if a send was killed. Each counts
    once for a reader and an issue, so that a reader who has subscribed again stays subscribed.
    Where a large part of the audience was refused in the same words, no address is to blame,
    whatever the words are.
    """
    list_slug = site.newsletter(issue.newsletter).list
    with site.database.transaction(read_only=True) as connection:
        issue_id = issue_store.issue_id(connection, issue)
    reported, blameless = 0, _blameless_words(site, issue_id)
    for found in _in_batches(site, issue_id):
        verdicts = {
            one: verdict_on(one, is_alike=same_words(one.text) in blameless) for one in found
        }
        with site.database.transaction() as connection:
            reported += _record_bounces(connection, issue, list_slug, verdicts, now)
    return reported


def _in_batches(site: Site, issue_id: int) -> Iterator[list[Rejection]]:
    last = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            found = rejections(connection, issue_id, after=last, limit=PAGE_SIZE)
        if not found:
            return
        last = found[-1].subscriber_id
        yield found


def _blameless_words(site: Site, issue_id: int) -> frozenset[str]:
    """Words in which so many readers of so many domains were refused that none is to blame."""
    count: Counter[str] = Counter()
    domains: defaultdict[str, set[str]] = defaultdict(set)
    for found in _in_batches(site, issue_id):
        with site.database.transaction(read_only=True) as connection:
            domain_of = _domains(connection, [one.subscriber_id for one in found])
        for one in found:
            words = same_words(one.text)
            count[words] += 1
            domains[words].add(domain_of.get(one.subscriber_id, ""))
    if not count:
        return frozenset()
    with site.database.transaction(read_only=True) as connection:
        counts = counts_of(connection, issue_id)
    answered = counts[DeliveryState.ACCEPTED] + counts[DeliveryState.REJECTED]
    share = site.settings.sending.pause_share
    return frozenset(
        words
        for words, alike in count.items()
        if is_widespread(readers=alike, domains=len(domains[words]), answered=answered, share=share)
    )


def _domains(connection: sa.Connection, subscriber_ids: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(
        sa.select(subscribers.c.id, subscribers.c.address_key).where(
            subscribers.c.id.in_(subscriber_ids)
        )
    )
    return {number: address.rpartition("@")[2] for number, address in rows.all()}


def _record_bounces(
    connection: sa.Connection,
    issue: Issue,
    list_slug: str,
    verdicts: Mapping[Rejection, Verdict | None],
    now: datetime,
) -> int:
    new = 0
    recorded = _already_recorded(connection, list_slug, issue.number, verdicts)
    for rejection, verdict in verdicts.items():
        if verdict is None or rejection.subscriber_id in recorded:
            continue
        bounce = Bounce(
            subscriber_id=rejection.subscriber_id,
            list_slug=list_slug,
            number=issue.number,
            verdict=verdict,
            blame=Blame.READER if verdict is Verdict.HARD else Blame.MAILBOX,
            status=rejection.enhanced,
            reason=rejection.text,
        )
        sent = _attempted_numbers(connection, issue.newsletter, rejection.subscriber_id)
        note_bounce(connection, bounce, sent=sent, now=now)
        new += 1
    return new


def verdict_on(rejection: Rejection, *, is_alike: bool = False) -> Verdict | None:
    """What the relay's words say about the address; None where they say nothing about it.

    `is_alike`: a large part of the audience was refused in the same words.
    """
    refusal = Refusal(
        text=rejection.text,
        code=rejection.code,
        enhanced=rejection.enhanced,
        is_widespread=is_alike,
    )
    return {Blame.READER: Verdict.HARD, Blame.MAILBOX: Verdict.SOFT}.get(judge(refusal))


def _already_recorded(
    connection: sa.Connection, list_slug: str, number: int, found: Iterable[Rejection]
) -> set[int]:
    return set(
        connection.scalars(
            sa.select(bounces.c.subscriber_id).where(
                bounces.c.list_slug == list_slug,
                bounces.c.number == number,
                bounces.c.subscriber_id.in_([rejection.subscriber_id for rejection in found]),
            )
        )
    )


def _attempted_numbers(connection: sa.Connection, slug: str, subscriber_id: int) -> list[int]:
    """The numbers of the issues that a relay accepted or rejected for this reader."""
    return list(
        connection.scalars(
            sa.select(issues.c.number)
            .join(deliveries, deliveries.c.issue_id == issues.c.id)
            .where(
                issues.c.newsletter == slug,
                deliveries.c.subscriber_id == subscriber_id,
                deliveries.c.state.in_([DeliveryState.ACCEPTED, DeliveryState.REJECTED]),
            )
        )
    )
