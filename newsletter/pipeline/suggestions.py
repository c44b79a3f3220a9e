"""suggestions: what readers suggested; editors add, dismiss and block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import Issue
from newsletter.issues.suggestion import (
    ON_SHELF,
    UNDECIDED,
    Block,
    BlockKind,
    SuggestedState,
    SuggestedStory,
    comes_from,
    on_shelf,
)
from newsletter.pipeline.add import add_left_out
from newsletter.pipeline.edit import EditDone, EditRequest
from newsletter.site.site import Site
from newsletter.store.articles import Glance
from newsletter.store.audit import record
from newsletter.store.suggesting_readers import reader_of, stories_by
from newsletter.store.suggestion_blocks import add_block, all_blocks, lift_block
from newsletter.store.suggestions import (
    find_story,
    is_full,
    settle,
    stories_of,
    suggested_glances,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestedShelf:
    """What readers suggested for an issue, with the tags and picture of what no source has.

    While it `is_full`, no more is taken.
    """

    stories: Sequence[SuggestedStory]
    glances: dict[str, Glance]
    is_full: bool


def list_suggestions(site: Site, slug: str) -> list[SuggestedStory]:
    """Everything that readers suggested to the newsletter and that is kept, the oldest first."""
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        return stories_of(connection, slug)


def suggested_shelf(connection: sa.Connection, issue: Issue) -> SuggestedShelf:
    """What the issue's desk shows of it: stories that are not in the issue."""
    present = {key for item in issue.items for key in item.article.keys}
    stories = on_shelf(stories_of(connection, issue.newsletter, ON_SHELF), present)
    return SuggestedShelf(
        stories=stories,
        glances=suggested_glances(
            connection, issue.newsletter, [story.key for story in stories if story.key]
        ),
        is_full=is_full(connection, issue.newsletter),
    )


def add_suggested(
    site: Site, request: EditRequest, number: int, *, section: str, now: datetime
) -> EditDone:
    """Put the suggested article into the issue, as "Add" at the desk does.

    Raises UnknownNameError, NotPermittedError for a page that was not read, and what `edit` does.
    """
    with site.database.transaction(read_only=True) as connection:
        story = find_story(connection, request.newsletter, number)
    if not story.key:
        raise NotPermittedError(
            f"the page of suggestion {number} was not read: {story.problem or 'it waits for that'}",
            fix="open it, and add it by its address at the desk",
        )
    return add_left_out(site, request, keys=[story.key], section=section, now=now)


def dismiss(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> bool:
    """Take the story off the shelf; False if it was decided before. Raises UnknownNameError."""
    site.newsletter(slug)
    with site.database.transaction() as connection:
        story = find_story(connection, slug, number)
        same = [
            one.id
            for one in stories_of(connection, slug, UNDECIDED)
            if one.id == number or (story.key and one.key == story.key)
        ]
        changed = settle(connection, same, SuggestedState.DISMISSED, None) > 0
        if changed:
            detail = f"{slug}, suggestion {number}: {story.url}"
            record(connection, who=editor, what="dismiss suggestion", detail=detail, now=now)
    return changed


def block_site(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> str:
    """Take nothing more from the site of the story's page, and dismiss what came from it.

    Returns the site.
    """
    with site.database.transaction() as connection:
        host = find_story(connection, slug, number).site
        add_block(connection, BlockKind.SITE, host, label=host, editor=editor, now=now)
        gone = [
            story.id
            for name in site.settings.newsletters
            for story in stories_of(connection, name, UNDECIDED)
            if comes_from(story, host)
        ]
        settle(connection, gone, SuggestedState.DISMISSED, None)
        record(connection, who=editor, what="block suggestions", detail=host, now=now)
    return host


def block_reader(
    site: Site, slug: str, number: int, suggestion: int, *, editor: str, now: datetime
) -> str:
    """Take nothing more from who made this suggestion, and dismiss what they alone suggested.

    Returns the words for who that is, as nobody is named. Raises UnknownNameError.
    """
    with site.database.transaction() as connection:
        story = find_story(connection, slug, number)
        reader = reader_of(connection, story, suggestion)
        label = f"who suggested {story.url} on {now:%Y-%m-%d}"
        add_block(connection, BlockKind.READER, reader, label=label, editor=editor, now=now)
        settle(connection, stories_by(connection, reader), SuggestedState.DISMISSED, None)
        record(connection, who=editor, what="block suggestions", detail=label, now=now)
    return f"who made suggestion {suggestion}"


def blocks(site: Site) -> list[Block]:
    """From whom nothing is taken, with how often something came since."""
    with site.database.transaction(read_only=True) as connection:
        return all_blocks(connection)


def unblock(site: Site, number: int, *, editor: str, now: datetime) -> Block:
    """Take suggestions from there again. Raises UnknownNameError."""
    with site.database.transaction() as connection:
        lifted = lift_block(connection, number)
        record(connection, who=editor, what="unblock suggestions", detail=lifted.label, now=now)
    return lifted
