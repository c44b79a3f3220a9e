"""Tells readers, once, that an issue had what they suggested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.issue import State
from newsletter.issues.suggestion import (
    ON_SHELF,
    SuggestedState,
    SuggestedStory,
    to_answer,
)
from newsletter.pipeline.reader_letters import put_letter
from newsletter.rendering.safe_text import one_line
from newsletter.site.lists import is_for_readers_only
from newsletter.site.recipients import still_subscribed
from newsletter.site.site import Site
from newsletter.store.stories import story_at
from newsletter.store.suggesting_readers import answer_no_more, note_answers, want_no_answer
from newsletter.store.suggestions import TakenBy, settle, shown_title, stories_of, taken_by
from subscribers.letters import LetterRequest, Template


@dataclass(kw_only=True, slots=True)
class _Answer:
    """What one reader is told about one issue."""

    titles: list[str] = field(default_factory=list)
    suggestions: list[int] = field(default_factory=list)


def answer_suggestions(site: Site, *, now: datetime) -> int:
    """Write one letter to each reader whose suggestions an issue had; returns how many.

    Only to those who asked or proved by mail who they are, and get the newsletter at this moment.
    """
    wanting = [slug for slug, one in site.settings.newsletters.items() if one.suggestions]
    return sum(_answer(site, slug, now) for slug in wanting)


def stop_answers(site: Site, subscriber_id: int, *, now: datetime) -> None:
    """Never tell the reader again."""
    with site.database.transaction() as connection:
        answer_no_more(connection, subscriber_id, now)


def _answer(site: Site, slug: str, now: datetime) -> int:
    with site.database.transaction() as connection:
        ran = _ran(connection, slug)
        answers: dict[tuple[int, int], _Answer] = {}
        for story, issue in ran:
            settle(connection, [story.id], SuggestedState.RAN, issue.id)
            title = shown_title(connection, issue, story.key) or story.title
            for one in to_answer(story, issue.at):
                answer = answers.setdefault((one.subscriber_id or 0, issue.number), _Answer())
                answer.titles.append(one_line(title))
                answer.suggestions.append(one.id)
        addresses = _addresses(site, connection, slug, [reader for reader, _issue in answers], now)
        told = 0
        for (reader, number), answer in answers.items():
            if reader in addresses:
                letter = _letter(site, slug, number, reader, addresses[reader], answer.titles)
                told += put_letter(site, connection, letter, now)
                note_answers(connection, answer.suggestions, now)
    return told


def _ran(connection: sa.Connection, slug: str) -> list[tuple[SuggestedStory, TakenBy]]:
    """The suggested stories that a sent issue had, each with the issue."""
    found = []
    for story in stories_of(connection, slug, (SuggestedState.WAITING, *ON_SHELF)):
        key = story.key or story_at(connection, story.url)
        issue = taken_by(connection, slug, key)
        if issue is not None and issue.state is State.SENT and issue.at > story.first_at:
            found.append((story, issue))
    return found


def _addresses(
    site: Site, connection: sa.Connection, slug: str, readers: Sequence[int], now: datetime
) -> Mapping[int, str]:
    """The addresses of those of the readers who get the newsletter and want to be told."""
    if not readers:
        return {}
    audience = still_subscribed(site, slug, now).subquery()
    rows = connection.execute(
        sa.select(audience.c.subscriber_id, audience.c.address).where(
            audience.c.subscriber_id.in_(sorted(set(readers)))
        )
    )
    silent = want_no_answer(connection, readers)
    return {row.subscriber_id: row.address for row in rows if row.subscriber_id not in silent}


def _letter(
    site: Site, slug: str, number: int, reader: int, address: str, titles: Sequence[str]
) -> LetterRequest:
    """The letter; it repeats no word of a reader: the headlines are those of the issue."""
    is_hidden = is_for_readers_only(site.settings, slug)
    url = "" if is_hidden else f"{site.settings.site.url}/archive/{slug}/{number}"
    return LetterRequest(
        template=Template.SUGGESTED,
        address=address,
        list_slug=site.newsletter(slug).list,
        subscriber_id=reader,
        words={"stories": list(dict.fromkeys(titles)), "issue": url},
    )
