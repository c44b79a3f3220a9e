"""retry: send again to readers who were wrongly refused, and restore their subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.rejections import Rejection, make_pending, rejections
from subscribers.blame.words import same_words
from subscribers.restoring import restore_bounced

AT_ONCE = 500
"""Deliveries made pending in one transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Retried:
    """How many deliveries are pending again, and how many subscriptions were restored."""

    deliveries: int
    restored: int


def retry_rejected(
    site: Site, slug: str, number: int | None, *, reason: str, now: datetime
) -> Retried:
    """Make the issue's rejected deliveries pending, and restore the subscriptions that they ended.

    `reason` is text that the refusal must contain; "" selects all. The next `send` sends them, to
    each reader once. Raises NotPermittedError for an issue that has not been sent.
    """
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state not in {State.SENDING, State.STOPPED, State.SENT}:
            raise NotPermittedError(f"{issue.name} has not been sent")
        wanted = " ".join(reason.casefold().split())
        restored = restore_bounced(
            connection,
            list_slug=site.newsletter(issue.newsletter).list,
            number=issue.number,
            reason=wanted,
            detail=f"wrongly refused: {issue.name}" + (f": {reason}" if reason else ""),
            now=now,
        )
        pending = 0
        for batch in _rejected(site, issue, lambda one: wanted in _words(one)):
            pending += make_pending(
                connection,
                issue_store.issue_id(connection, issue),
                batch,
                now,
                said="decided: to be sent again",
                by_a_person=True,
            )
        if pending and issue.state is State.SENT:
            issue_store.move(connection, issue, State.SENDING)
    return Retried(deliveries=pending, restored=restored)


def take_back_alike(site: Site, issue: Issue, text: str, now: datetime) -> int:
    """Make the deliveries pending that were refused in these words, as rule 17 requires."""
    words, taken_back = same_words(text), 0
    for batch in _rejected(site, issue, lambda one: same_words(one.text) == words):
        with site.database.transaction() as connection:
            taken_back += make_pending(
                connection,
                issue_store.issue_id(connection, issue),
                batch,
                now,
                said="readers of several domains were refused in the same words",
                by_a_person=False,
            )
    return taken_back


def _rejected(
    site: Site, issue: Issue, is_wanted: Callable[[Rejection], bool]
) -> Iterator[list[Rejection]]:
    last = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            number = issue_store.issue_id(connection, issue)
            found = rejections(connection, number, after=last, limit=AT_ONCE)
        if not found:
            return
        last = found[-1].subscriber_id
        wanted = [one for one in found if is_wanted(one)]
        if wanted:
            yield wanted


def _words(rejection: Rejection) -> str:
    return f"{rejection.code} {rejection.enhanced} {' '.join(rejection.text.casefold().split())}"
