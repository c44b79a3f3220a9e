"""Lists: how many people are on each and who is sent to them; make, rename, merge, close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.config.table import SLUG
from newsletter.errors import InputError, NotPermittedError
from newsletter.site.lists import list_slugs, newsletters_of
from newsletter.site.site import Site
from subscribers import list_changes, lists, tables
from subscribers.errors import ClosedListError
from subscribers.kept_counts import subscriptions_by_status
from subscribers.list_changes import Made, Merged
from subscribers.private_feeds import feed_counts
from subscribers.subscriber import FeedUse, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class ListInfo:
    """A list: its people by status, the newsletters that are sent to it, and its former names.

    `feeds` says how many of its readers have a private feed, by what they get besides.
    """

    slug: str
    statuses: Mapping[Status, int]
    feeds: Mapping[FeedUse, int]
    newsletters: tuple[str, ...]
    former_names: tuple[str, ...]
    closed_at: datetime | None


def all_lists(site: Site) -> list[ListInfo]:
    """Every list that has people or that a newsletter is sent to, by name."""
    with site.database.transaction(read_only=True) as connection:
        counts = subscriptions_by_status(connection)
        feeds = feed_counts(connection)
        former = lists.former_names(connection)
        rows = connection.execute(sa.select(tables.lists.c.slug, tables.lists.c.closed_at)).all()
    closed_at = {row.slug: row.closed_at for row in rows}
    return [
        ListInfo(
            slug=slug,
            statuses={status: counts.get((slug, status), 0) for status in Status},
            feeds={use: feeds.get((slug, use), 0) for use in FeedUse},
            newsletters=tuple(newsletters_of(site.settings, slug)),
            former_names=tuple(sorted(old for old, new in former.items() if new == slug)),
            closed_at=closed_at.get(slug),
        )
        for slug in sorted({*closed_at, *list_slugs(site.settings)})
    ]


def make_list(site: Site, slug: str) -> Made:
    """Make a list, or open a closed one again.

    Raises InputError for a name that no list can have, and ListExistsError for the former name
    of another list.
    """
    _require_name(slug)
    with site.database.transaction() as connection:
        return list_changes.make_list(connection, slug)


def rename_list(site: Site, old: str, new: str) -> None:
    """Give a list another name. Raises NotPermittedError while newsletter.toml has the old one.

    Raises UnknownListError, InputError and ListExistsError too.
    """
    _require_name(new)
    with site.database.transaction() as connection:
        fix = f'write list = "{new}" there, then run this again'
        _require_unused(site, connection, old, fix, becomes=new)
        list_changes.rename_list(connection, old, new)


def merge_lists(
    site: Site, slug: str, *, into: str, now: datetime, dry_run: bool = False
) -> Merged:
    """Move everybody on `slug` to `into` and remove it; the stricter status of each person stays.

    Raises UnknownListError, ClosedListError if `into` is closed, and NotPermittedError for a list
    that a newsletter is sent to.
    """
    with site.database.transaction(read_only=dry_run) as connection:
        target = lists.list_id(connection, into)
        if not dry_run and lists.list_id(connection, slug) != target:
            fix = f'write list = "{into}" there, or remove the newsletter'
            _require_unused(site, connection, slug, fix)
        closed = sa.select(tables.lists.c.closed_at).where(tables.lists.c.id == target)
        if connection.scalar(closed) is not None:
            raise ClosedListError(
                f"the list {into!r} is closed",
                field="into",
                fix=f"open it again: newsletter lists make {into}",
            )
        return list_changes.merge_lists(connection, slug, into=into, now=now, dry_run=dry_run)


def close_list(site: Site, slug: str, *, now: datetime) -> bool:
    """Close a list; returns False if it was closed before.

    Raises UnknownListError, and NotPermittedError for a list that a newsletter is sent to.
    """
    with site.database.transaction() as connection:
        fix = "send it to another list, or remove the newsletter"
        _require_unused(site, connection, slug, fix)
        return list_changes.close_list(connection, slug, now)


def _require_unused(
    site: Site, connection: sa.Connection, slug: str, fix: str, *, becomes: str = ""
) -> None:
    """A list is used by whatever name, present or former, and is asked for by any of them."""
    known = {str(name) for name in connection.scalars(lists.names_of(slug))} - {becomes}
    using = [name for one in sorted(known) for name in newsletters_of(site.settings, one)]
    if using:
        fields = ", ".join(f"newsletters.{name}.list" for name in using)
        raise NotPermittedError(
            f"the list {slug!r} is used by {', '.join(using)}", field=fields, fix=fix
        )


def _require_name(slug: str) -> None:
    if not SLUG.match(slug):
        raise InputError(
            f"{slug!r} cannot be the name of a list",
            field="list",
            fix="use a-z, 0-9 and single hyphens",
        )
