"""Finds subscribers by list, status, tags, attributes, time of joining, domain and issue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import sqlalchemy as sa

from newsletter.errors import InputError
from newsletter.site.segments import meanings_of
from newsletter.site.site import Site
from subscribers import tables
from subscribers.bounded_search import PeopleLook, PeopleWanted, look_for_people
from subscribers.lists import list_id
from subscribers.search import FoundPerson, people_page
from subscribers.segments.compile import compile_condition
from subscribers.segments.conditions import (
    AllOf,
    AtDomain,
    Condition,
    HadIssue,
    HasAttribute,
    HasTag,
    JoinedAfter,
    JoinedBefore,
    simple_conditions,
)
from subscribers.segments.parse import parse_issue_name, parse_segment
from subscribers.subscriber import Status

PAGE = 1000
"""People read in one transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleFilter:
    """What all the people found have in common; what is not set says nothing.

    `had` is an issue such as `weekly/12`, and `segment` a text as in newsletter.toml. Without
    `list_slug`, joining means being stored for the first time.
    """

    list_slug: str | None = None
    status: Status | None = None
    tag: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    joined_after: date | None = None
    joined_before: date | None = None
    domain: str | None = None
    had: str | None = None
    segment: str | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions besides list and status. Raises SegmentError."""
        found: list[Condition] = [
            HasAttribute(name=name, values=(value,)) for name, value in self.attributes.items()
        ]
        if self.tag is not None:
            found.append(HasTag(labels=(self.tag,)))
        if self.joined_after is not None:
            found.append(JoinedAfter(day=self.joined_after))
        if self.joined_before is not None:
            found.append(JoinedBefore(day=self.joined_before))
        if self.domain is not None:
            found.append(AtDomain(domains=(self.domain.removeprefix("@"),)))
        if self.had is not None:
            found.append(HadIssue(issues=(parse_issue_name(self.had),)))
        if self.segment:
            found.append(parse_segment(self.segment))
        return tuple(found)


def find_people(
    site: Site, wanted: PeopleFilter, *, after: int = 0, limit: int, now: datetime
) -> list[FoundPerson]:
    """Up to `limit` people with ids above `after`, ordered by id.

    Raises UnknownListError, SegmentError, AddressError for a domain that is not valid, and
    InputError for an issue without its newsletter.
    """
    with site.database.transaction(read_only=True) as connection:
        return people_page(
            connection,
            list_id=None if wanted.list_slug is None else list_id(connection, wanted.list_slug),
            status=wanted.status,
            condition=_condition(site, wanted, now),
            after=after,
            limit=limit,
        )


def find_all_people(
    site: Site, wanted: PeopleFilter, *, after: int = 0, now: datetime
) -> Iterator[FoundPerson]:
    """All these people with ids above `after`, read page by page."""
    while page := find_people(site, wanted, after=after, limit=PAGE, now=now):
        yield from page
        after = page[-1].id


def look_up_people(
    site: Site,
    wanted: PeopleFilter,
    words: str,
    *,
    before: int | None = None,
    limit: int,
    now: datetime,
) -> PeopleLook:
    """A page for an editor: those whose address or name the words begin, or else the newest people.

    Raises what `find_people` raises.
    """
    with site.database.transaction(read_only=True) as connection:
        looked_for = PeopleWanted(
            words=words,
            list_id=None if wanted.list_slug is None else list_id(connection, wanted.list_slug),
            status=wanted.status,
            condition=_condition(site, wanted, now),
        )
        return look_for_people(connection, looked_for, before=before, limit=limit)


def _condition(site: Site, wanted: PeopleFilter, now: datetime) -> sa.ColumnElement[bool] | None:
    if not wanted.conditions:
        return None
    slugs = [
        slug
        for slug, newsletter in site.settings.newsletters.items()
        if newsletter.list == wanted.list_slug
    ]
    slug = slugs[0] if len(slugs) == 1 else ""
    condition = AllOf(conditions=wanted.conditions)
    for one in simple_conditions(condition):
        if isinstance(one, HadIssue) and not all(i.newsletter or slug for i in one.issues):
            raise InputError(
                "an issue is named without its newsletter", field="had", fix="write weekly/12"
            )
    joined = (
        tables.subscriptions.c.changed_at if wanted.list_slug else tables.subscribers.c.created_at
    )
    return compile_condition(condition, replace(meanings_of(site, slug, now), joined=joined))
