"""draft: make or refresh the coming issue from its window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.tags import Vocabulary
from newsletter.config.settings import NewsletterSettings
from newsletter.issues.assemble import History, Section, assemble
from newsletter.issues.blocks import Block, still_running
from newsletter.issues.due import issue_date, period_before
from newsletter.issues.issue import Issue, State, Window, Words
from newsletter.issues.memory import follow_ups
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.issues.window import coming_window
from newsletter.pipeline.candidates import candidates, filter_of
from newsletter.site.editions import preheader_of, subject_of
from newsletter.site.occasions import coming_due, due_now
from newsletter.site.site import Site
from newsletter.site.source_settings import newsletter_vocabulary
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.carried import carried_by


def draft(site: Site, slug: str, *, now: datetime) -> Issue:
    """Make or refresh the coming issue; an approved one stays unchanged."""
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        return _draft(site, connection, slug, now)


def draft_for(site: Site, slug: str, due: datetime, *, now: datetime) -> Issue | None:
    """The draft for that due time; None if another run has served it, or an editor postponed it."""
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        if due_now(site, connection, slug, now) != due:
            return None
        return _draft(site, connection, slug, now)


def _draft(site: Site, connection: sa.Connection, slug: str, now: datetime) -> Issue:
    newsletter = site.newsletter(slug)
    zone = site.settings.site.zone
    current = issue_store.open_issue(connection, slug)
    if current is not None and current.state is State.APPROVED:
        return current
    due = coming_due(site, connection, slug, now)
    period = period_before(newsletter.schedule, zone, due)
    window = _open_window(connection, slug, due=due, period=period, now=now)
    carried = carried_by(connection, slug)
    assembly = assemble(
        candidates(
            connection, slug, newsletter, since=window.start - period, carried=carried, now=now
        ),
        window=window,
        sections=_sections(newsletter, newsletter_vocabulary(newsletter, site.settings.tags), now),
        history=History(
            used=issue_store.used_by(connection, slug),
            closed=newsletter_store.last_closing(connection, slug),
            grace=period,
        ),
        previous=current.items if current else (),
    )
    number = current.number if current else issue_store.next_number(connection, slug)
    issue = Issue(
        newsletter=slug,
        number=number,
        state=current.state if current else State.DRAFT,
        window=window,
        due=due,
        subject="",
        preheader="",
        items=follow_ups(assembly.items, carried),
        left_out=assembly.left_out,
        words=current.words if current else Words(),
        blocks=_with_popular_lists(
            connection,
            site,
            slug,
            current.blocks if current else _standing_blocks(connection, site, slug, due),
            is_new=current is None,
        ),
        version=current.version if current else 0,
    )
    issue = retitled(site, issue)
    if current is not None and current.state is State.HELD:
        issue = replace(issue, note=current.note)
    if issue != current:
        issue_store.save_draft(connection, issue, due_date=issue_date(due, zone).isoformat())
    return issue_store.find_issue(connection, slug, number)


def _open_window(
    connection: sa.Connection, slug: str, *, due: datetime, period: timedelta, now: datetime
) -> Window:
    """The window of the coming issue; its start is stored as the newsletter's first watermark."""
    window = coming_window(
        watermark=newsletter_store.watermark(connection, slug),
        due=due,
        period=period,
        now=now,
        first_seen=newsletter_store.first_seen(connection, slug),
    )
    newsletter_store.begin_at(connection, slug, window.start)
    return window


def retitled(site: Site, issue: Issue) -> Issue:
    """The issue with the subject, preheader and note that follow from its items and its words."""
    shown = issue.shown_items
    made = subject_of(site, issue.newsletter, issue.number, shown)
    preheader = issue.words.preheader
    return replace(
        issue,
        subject=issue.words.subject or made,
        preheader=preheader_of(shown) if preheader is None else preheader,
        note=_too_thin(len(shown), site.newsletter(issue.newsletter).min_items),
    )


def _standing_blocks(
    connection: sa.Connection, site: Site, slug: str, due: datetime
) -> tuple[Block, ...]:
    """The blocks of the last issue that have not ended by the coming issue's date."""
    earlier = issue_store.all_issues(connection, slug)
    day = issue_date(due, site.settings.site.zone)
    return still_running(earlier[-1].blocks, day) if earlier else ()


def _with_popular_lists(
    connection: sa.Connection, site: Site, slug: str, blocks: tuple[Block, ...], *, is_new: bool
) -> tuple[Block, ...]:
    """The blocks with the lists of popular stories that the newsletter's settings ask for."""
    newsletter = site.newsletter(slug)
    if not newsletter.popular and all(block.made is None for block in blocks):
        return blocks
    # Few newsletters have one.
    from newsletter.issues.popular import new_lists, refreshed_lists
    from newsletter.pipeline.popular_lists import popular_lists

    vocabulary = newsletter_vocabulary(newsletter, site.settings.tags)
    lists = popular_lists(connection, slug, newsletter, vocabulary)
    return (*blocks, *new_lists(lists)) if is_new else refreshed_lists(blocks, lists)


def _sections(
    newsletter: NewsletterSettings, vocabulary: Vocabulary, now: datetime
) -> list[Section]:
    return [
        Section(
            title=section.title,
            tags=frozenset(tag.slug for tag in vocabulary.tags(section.tags)),
            max_items=section.max_items,
            takes=filter_of(section, now),
        )
        for section in newsletter.sections
    ]


def _too_thin(shown: int, min_items: int) -> StateNote | None:
    if shown >= min_items:
        return None
    return StateNote(kind=StateReason.TOO_THIN, count=shown, least=min_items)
