"""The counted links of frozen editions, and their clicks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from newsletter.rendering.counted_links import CountedLink
from newsletter.rendering.edition import Edition
from newsletter.store.issues import insert_rows
from newsletter.store.sending_tables import corrections
from newsletter.store.tables import clicks, issues, items, links
from subscribers.sql import insert_once


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkClicks:
    """The clicks on one link of an issue."""

    url: str
    count: int


def keep_links(connection: sa.Connection, issue_id: int, editions: Collection[Edition]) -> None:
    """Store the targets of an approved issue's links, in place of an earlier approval's."""
    connection.execute(sa.delete(links).where(links.c.issue_id == issue_id))
    distinct = dict.fromkeys(link for edition in editions for link in edition.links)
    insert_rows(
        connection,
        links,
        (
            {"token": link.token, "issue_id": issue_id, "address": link.address, "url": link.url}
            for link in distinct
        ),
    )


def links_of(connection: sa.Connection, issue_id: int) -> tuple[CountedLink, ...]:
    """The issue's counted links."""
    rows = connection.execute(
        sa.select(links.c.token, links.c.address, links.c.url).where(links.c.issue_id == issue_id)
    )
    return tuple(CountedLink(token=row.token, address=row.address, url=row.url) for row in rows)


def where_to(connection: sa.Connection, token: str) -> str | None:
    """The target of the link with this token; None for an unknown token.

    That is the address of the last correction that replaced the link in an issue of the newsletter,
    as `issues.correction.new_urls` says.
    """
    linking, corrected = issues.alias(), issues.alias()
    its_own = items.c.issue_id == links.c.issue_id
    has_link = its_own & (items.c.article["url"].as_string() == links.c.url)
    is_story = has_link & (items.c.article_key == corrections.c.article_key)
    newest = (
        sa.select(corrections.c.new_url)
        .join(corrected, corrected.c.id == corrections.c.issue_id)
        .where(
            corrections.c.url == links.c.url,
            corrected.c.newsletter == linking.c.newsletter,
            corrections.c.new_url != "",
            corrections.c.approved_at.is_not(None),
            sa.or_(~sa.exists().where(has_link), sa.exists().where(is_story)),
        )
        .order_by(corrections.c.approved_at.desc(), corrections.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    url: str | None = connection.scalar(
        sa.select(sa.func.coalesce(newest, links.c.url))
        .select_from(links.join(linking, linking.c.id == links.c.issue_id))
        .where(links.c.token == token)
    )
    return url


def add_clicks(connection: sa.Connection, counts: Mapping[tuple[str, date], int]) -> None:
    """Add these clicks, by token and day, to those counted before."""
    for (token, day), count in sorted(counts.items()):  # a fixed order prevents deadlocks
        key = {"token": token, "day": day.isoformat()}
        insert_once(connection, clicks, {**key, "count": 0})
        connection.execute(
            sa.update(clicks)
            .where(*(clicks.c[name] == value for name, value in key.items()))
            .values(count=clicks.c.count + count)
        )


def clicks_by_link(connection: sa.Connection, issue_id: int) -> list[LinkClicks]:
    """Every counted link of the issue with its clicks, the most clicked first."""
    count = sa.func.coalesce(sa.func.sum(clicks.c.count), 0).label("count")
    rows = connection.execute(
        sa.select(links.c.url, count)
        .select_from(links.outerjoin(clicks, clicks.c.token == links.c.token))
        .where(links.c.issue_id == issue_id)
        .group_by(links.c.token, links.c.url)
        .order_by(count.desc(), links.c.url)
    )
    return [LinkClicks(url=row.url, count=int(row[1])) for row in rows]


def clicks_by_day(connection: sa.Connection, issue_id: int) -> dict[date, int]:
    """The clicks on all of the issue's links, for each day with any."""
    rows = connection.execute(
        sa.select(clicks.c.day, sa.func.sum(clicks.c.count))
        .join(links, links.c.token == clicks.c.token)
        .where(links.c.issue_id == issue_id)
        .group_by(clicks.c.day)
        .order_by(clicks.c.day)
    )
    return {date.fromisoformat(row[0]): int(row[1]) for row in rows}
