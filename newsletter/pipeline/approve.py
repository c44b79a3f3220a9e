"""approve, hold, stop, skip: the state changes of an issue before and during its send."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import ConflictError, LintBlockedError, NotPermittedError, TemporaryError
from newsletter.issues.due import require_choosable
from newsletter.issues.issue import Issue, LeftOut, State
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.issues.selection import Selection
from newsletter.issues.window import closed_at
from newsletter.issues.wording import left_out_text
from newsletter.plural import counted
from newsletter.rendering.edition import Edition
from newsletter.rendering.lint import LintFinding, Severity, lint
from newsletter.site.editions import (
    frozen_hash,
    groups_of,
    key_for,
    public_group,
    render_all,
)
from newsletter.site.lists import is_for_readers_only
from newsletter.site.occasions import following_due
from newsletter.site.recipients import selection_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.audit import record
from newsletter.store.chosen_time import choose_time
from subscribers.audience import ReaderGroup

HELD_BY_EDITOR = StateNote(kind=StateReason.HELD_BY_EDITOR)

MOST_EDITIONS = 250
"""Editions of an issue with sections that are for some readers only."""

_APPROVED = frozenset({State.APPROVED, State.SENDING, State.SENT})


def approve(
    site: Site,
    slug: str,
    number: int | None,
    *,
    now: datetime,
    seen: int | None = None,
    send_at: datetime | None = None,
) -> Issue:
    """Freeze the issue's editions: exactly what is approved is sent (rule 4).

    Approving an approved issue changes nothing. `seen` is the version that the editor saw.
    `send_at` is the time to send the issue, if not its due time.
    Raises InputError for a time that is past or not before the next issue, NotPermittedError for
    an issue with too few items or in a state that cannot be approved, LintBlockedError for a
    blocking finding, ConflictError if the issue has changed since `seen`.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state in _APPROVED:
            return issue
        groups = groups_of(site, connection, issue, now)
    if seen is not None and issue.version != seen:
        raise ConflictError(
            f"{issue.name} has changed since you saw it", fix="check it and approve it again"
        )
    if send_at is not None:
        require_choosable(send_at, now=now, following=following_due(site, issue, now))
    # Its date is that of the day on which it goes out.
    dated = replace(issue, send_at=send_at)
    editions = _checked_editions(site, dated, groups, now)
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        current = issue_store.find_issue(connection, slug, issue.number)
        if current.state in _APPROVED:  # by another process
            return current
        if current != issue:
            raise TemporaryError(
                f"{issue.name} changed while it was rendered", fix="check it and approve it again"
            )
        _freeze(connection, site, issue, editions, now=now, send_at=send_at)
        return issue_store.find_issue(connection, slug, issue.number)


def _freeze(
    connection: sa.Connection,
    site: Site,
    issue: Issue,
    editions: Collection[Edition],
    *,
    now: datetime,
    send_at: datetime | None,
) -> None:
    """Store the editions' bytes and who gets them, and move the issue to `approved`."""
    edition_store.freeze_editions(connection, issue, editions, frozen_hash=frozen_hash(editions))
    issue_store.move(
        connection,
        issue,
        State.APPROVED,
        selection=_frozen_selection(site, issue, now),
        approved_at=now,
        window_end=closed_at(issue.window, now).end,
        send_at=send_at,
    )


def _checked_editions(
    site: Site, issue: Issue, groups: Sequence[ReaderGroup], now: datetime
) -> Sequence[Edition]:
    """The issue's editions, rendered; raises if it may not be approved as it is."""
    _require_few(site, issue, groups)
    _require_enough(issue, site.newsletter(issue.newsletter).min_items)
    editions = render_all(site, issue, groups)
    _require_clean(site, issue, editions)
    if not site.settings.images.host:
        return editions
    from newsletter.pipeline.host_pictures import with_hosted_pictures  # only then: it loads httpx

    return with_hosted_pictures(site, editions, now=now)


def reschedule(
    site: Site,
    slug: str,
    number: int | None,
    *,
    send_at: datetime | None,
    editor: str,
    now: datetime,
) -> Issue:
    """Change when the approved issue is sent, but not its content; None is its due time.

    Raises InputError for a time that is past or not before the next issue, NotPermittedError for
    an issue that is not approved.
    """
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        issue = issue_store.find_issue(connection, slug, number)
        if send_at is not None:
            require_choosable(send_at, now=now, following=following_due(site, issue, now))
        if issue.state is not State.APPROVED or send_at != issue.send_at:
            choose_time(connection, issue, send_at)
            when = (send_at or issue.due).astimezone(site.settings.site.zone)
            detail = f"{issue.name} for {when.isoformat(timespec='minutes')}"
            record(connection, who=editor, what="schedule", detail=detail, now=now)
        return issue_store.find_issue(connection, slug, issue.number)


def hold(site: Site, slug: str, number: int | None, *, note: StateNote = HELD_BY_EDITOR) -> Issue:
    """Keep the issue from being sent until it is approved again; `note` says why."""
    with site.database.transaction() as connection:
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state is not State.HELD:
            issue_store.move(connection, issue, State.HELD, note=note)
        return issue_store.find_issue(connection, slug, issue.number)


def reopen(site: Site, issue: Issue) -> None:
    """Turn a held issue back into a draft."""
    with site.database.transaction() as connection:
        issue_store.move(connection, issue, State.DRAFT)


def stop(site: Site, slug: str, number: int | None) -> Issue:
    """Stop a running send within a second; `send` resumes it."""
    with site.database.transaction() as connection:
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state is not State.STOPPED:
            note = StateNote(kind=StateReason.STOPPED_BY_EDITOR)
            issue_store.move(connection, issue, State.STOPPED, note=note)
        return issue_store.find_issue(connection, slug, issue.number)


def skip(site: Site, issue: Issue, *, note: StateNote | None) -> None:
    """Skip the issue; its window stays open, so that its articles go into the next issue."""
    with site.database.transaction() as connection:
        issue_store.move(connection, issue, State.SKIPPED, note=note)


def _frozen_selection(site: Site, issue: Issue, now: datetime) -> Selection:
    """Who gets the issue, by the configuration of this moment.

    An issue for a segment is not in the public archive, because it is not for everybody.
    """
    selection = selection_of(site, issue)
    public = "" if selection.segment else key_for(site, issue, public_group(site, issue)) or ""
    is_hidden = is_for_readers_only(site.settings, issue.newsletter)
    return replace(selection, at=now, public=public, is_hidden=is_hidden)


def lint_findings(site: Site, issue: Issue, editions: Sequence[Edition]) -> list[LintFinding]:
    """The lint findings of these editions, each finding once."""
    masthead, severities = site.masthead(issue.newsletter), site.settings.lint
    found: dict[tuple[str, str], LintFinding] = {}
    for edition in editions:
        for finding in lint(edition, items=issue.items, masthead=masthead, severities=severities):
            found.setdefault((finding.rule, finding.element), finding)
        for omitted in edition.left_out:
            found.setdefault(("unprintable", omitted.title), _unprintable(omitted, severities))
    return list(found.values())


def _unprintable(omitted: LeftOut, severities: Mapping[str, Severity]) -> LintFinding:
    return LintFinding(
        rule="unprintable",
        severity=severities.get("unprintable", "warning"),
        element=omitted.title,
        line=0,
        who="readers, who get the issue without this article",
        fix=f"fix or hide the article: {left_out_text(omitted)}",
    )


def _require_enough(issue: Issue, least: int) -> None:
    shown = len(issue.shown_items)
    if shown < least:
        raise NotPermittedError(
            f"{issue.name} has {counted(shown, 'article')}, but needs at least {least}",
            field=f"newsletters.{issue.newsletter}.min_items",
            fix="gather or unhide more articles, or require fewer",
        )


def _require_few(site: Site, issue: Issue, groups: Sequence[ReaderGroup]) -> None:
    """Limit the editions that sections with conditions make: each combination may need one."""
    if not selection_of(site, issue).rules:
        return
    needed = len({key_for(site, issue, group) for group in groups} - {None})
    if needed > MOST_EDITIONS:
        raise NotPermittedError(
            f"{issue.name} would need {needed} editions, but can have {MOST_EDITIONS}",
            field=f"newsletters.{issue.newsletter}.sections",
            fix="give fewer sections a condition, or several the same one",
        )


def _require_clean(site: Site, issue: Issue, editions: Sequence[Edition]) -> None:
    blocking = [
        finding
        for finding in lint_findings(site, issue, editions)
        if finding.severity == "blocking"
    ]
    if blocking:
        first = blocking[0]
        raise LintBlockedError(
            f"{issue.name} has {len(blocking)} blocking findings, the first: {first.rule}: "
            f"{first.element}",
            fix=first.fix,
        )
