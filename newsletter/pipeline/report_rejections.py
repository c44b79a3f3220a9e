"""What relays said about readers' addresses during a send, told to the subscribers' house."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.delivery.recent_refusals import MANY_DOMAINS
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.ledger.counts import counts_of
from newsletter.store.rejections import Rejection, rejections
from newsletter.store.tables import deliveries, issues
from subscribers.blame.blame import Blame
from subscribers.blame.judge import Refusal, judge
from subscribers.blame.words import same_words
from subscribers.bounces import note_bounce
from subscribers.inbound.verdict import Verdict
from subscribers.tables import bounces, subscribers

AT_ONCE = 500
"""Rejections looked at in one transaction."""


def report_rejections(site: Site, issue: Issue, now: datetime) -> int:
    """Count each rejection that speaks of a reader's address as a bounce; how many were new.

    Read from the books, so that nothing is missed when a send was killed, and counted once per
    reader and issue: whoever came back since stays. Where a large part of the audience was
    refused in the same words nobody's address is to blame, whatever the words are.
    """
    list_slug = site.newsletter(issue.newsletter).list
    with site.database.transaction(read_only=True) as connection:
        issue_id = issue_store.issue_id(connection, issue)
    reported, blameless = 0, _blameless_words(site, issue_id)
    for found in _in_batches(site, issue_id):
        verdicts = {
            one: verdict_on(one, is_widespread=same_words(one.text) in blameless) for one in found
        }
        with site.database.transaction() as connection:
            reported += _count(connection, issue, list_slug, verdicts, now)
    return reported


def _in_batches(site: Site, issue_id: int) -> Iterator[list[Rejection]]:
    last = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            found = rejections(connection, issue_id, after=last, limit=AT_ONCE)
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
    most = site.settings.sending.pause_share * answered
    return frozenset(
        words
        for words, alike in count.items()
        if alike > most and len(domains[words]) >= MANY_DOMAINS
    )


def _domains(connection: sa.Connection, subscriber_ids: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(
        sa.select(subscribers.c.id, subscribers.c.address_key).where(
            subscribers.c.id.in_(subscriber_ids)
        )
    )
    return {number: address.rpartition("@")[2] for number, address in rows.all()}


def _count(
    connection: sa.Connection,
    issue: Issue,
    list_slug: str,
    verdicts: Mapping[Rejection, Verdict | None],
    now: datetime,
) -> int:
    counted = 0
    known = _known(connection, list_slug, issue.number, verdicts)
    for rejection, verdict in verdicts.items():
        if verdict is None or rejection.subscriber_id in known:
            continue
        note_bounce(
            connection,
            subscriber_id=rejection.subscriber_id,
            list_slug=list_slug,
            number=issue.number,
            verdict=verdict,
            sent=_handed_over(connection, issue.newsletter, rejection.subscriber_id),
            now=now,
            status=rejection.enhanced,
            reason=rejection.text,
        )
        counted += 1
    return counted


def verdict_on(rejection: Rejection, *, is_widespread: bool = False) -> Verdict | None:
    """What the relay's words say about the address; None where they say nothing about it.

    `is_widespread`: a large part of the audience was refused in the same words.
    """
    refusal = Refusal(
        text=rejection.text,
        code=rejection.code,
        enhanced=rejection.enhanced,
        is_widespread=is_widespread,
    )
    return {Blame.READER: Verdict.HARD, Blame.MAILBOX: Verdict.SOFT}.get(judge(refusal))


def _known(
    connection: sa.Connection, list_slug: str, number: int, found: Iterable[Rejection]
) -> set[int]:
    return set(
        connection.scalars(
            sa.select(bounces.c.subscriber_id).where(
                bounces.c.list_slug == list_slug,
                bounces.c.number == number,
                bounces.c.subscriber_id.in_([one.subscriber_id for one in found]),
            )
        )
    )


def _handed_over(connection: sa.Connection, slug: str, subscriber_id: int) -> list[int]:
    """The issues that a relay took for this reader, or refused."""
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
