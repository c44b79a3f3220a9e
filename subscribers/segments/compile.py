"""Makes one SQL condition of a segment. It joins the audience query and reads no row by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from subscribers import tables
from subscribers.segments.conditions import (
    AllOf,
    AnyOf,
    AtDomain,
    Condition,
    HadIssue,
    HasAttribute,
    HasTag,
    IssueName,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    Not,
    OnList,
    Reads,
)
from subscribers.sql import at_domain
from subscribers.subscriber import Status
from subscribers.suppression import parse_pattern

ANY_TAG = "*"

LABELS = "tags"
"""The attribute in which an import keeps another tool's tags, separated by "; "."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Meanings:
    """What the words of a segment mean on this site.

    `now` is the moment from which `within` counts, `zone` the time zone of days, `tag_slug` turns
    a tag's label into its slug, and `had` is the condition that a relay accepted an issue for
    the reader. `joined` is the column with the time of joining.
    """

    now: datetime
    zone: ZoneInfo
    tag_slug: Callable[[str], str]
    had: Callable[[IssueName], sa.ColumnElement[bool]]
    joined: sa.Column[datetime] = tables.subscriptions.c.changed_at


def compile_condition(condition: Condition, meanings: Meanings) -> sa.ColumnElement[bool]:
    """The condition on the rows of `subscribers` and `subscriptions` in a query.

    It is never NULL, so that `not` includes readers of whom nothing is known. Raises AddressError
    for a domain that is not valid.
    """
    match condition:
        case AllOf():
            return sa.and_(*(compile_condition(one, meanings) for one in condition.conditions))
        case AnyOf():
            return sa.or_(*(compile_condition(one, meanings) for one in condition.conditions))
        case Not():
            return sa.not_(compile_condition(condition.condition, meanings))
        case HasTag():
            return sa.or_(*(_has_tag(label, meanings) for label in condition.labels))
        case HasAttribute():
            return attribute(condition.name).in_(condition.values)
        case OnList():
            return _on_list(condition.lists)
        case AtDomain():
            patterns = [parse_pattern(f"@{domain}") for domain in condition.domains]
            return at_domain(tables.subscribers.c.address_key).in_(patterns)
        case Reads():
            chosen = [frequency.value for frequency in condition.frequencies]
            return tables.subscribers.c.frequency.in_(chosen)
        case HadIssue():
            return sa.or_(*(meanings.had(issue) for issue in condition.issues))
        case JoinedBefore():
            return meanings.joined < _start_of(condition.day, meanings.zone)
        case JoinedAfter():
            return meanings.joined >= _start_of(condition.day + timedelta(days=1), meanings.zone)
        case JoinedWithin():
            return meanings.joined >= meanings.now - condition.span


def attribute(name: str) -> sa.ColumnElement[str]:
    """The value of a reader's attribute; "" without it."""
    value = sa.cast(tables.subscribers.c.attributes[name].as_string(), sa.Text)
    return sa.func.coalesce(value, "")


def _has_tag(label: str, meanings: Meanings) -> sa.ColumnElement[bool]:
    follows, labels = tables.subscribers.c.follows, attribute(LABELS)
    if label == ANY_TAG:
        return sa.or_(follows != "", labels != "")
    slug = meanings.tag_slug(label)
    kept = ("; " + sa.func.lower(labels) + "; ").contains(
        "; " + sa.func.lower(_escaped(label)) + "; ", escape="\\"
    )
    return sa.or_(follows.contains(f"|{slug}|", autoescape=True), kept) if slug else kept


def _escaped(label: str) -> str:
    for sign in ("\\", "%", "_"):
        label = label.replace(sign, f"\\{sign}")
    return label


def _on_list(slugs: tuple[str, ...]) -> sa.ColumnElement[bool]:
    lists, former = tables.lists.alias(), tables.former_list_names.alias()
    subscriptions = tables.subscriptions.alias()
    named = sa.union_all(
        sa.select(lists.c.id).where(lists.c.slug.in_(slugs)),
        sa.select(former.c.list_id).where(former.c.slug.in_(slugs)),
    )
    return sa.exists(
        sa.select(1)
        .where(
            subscriptions.c.list_id.in_(named),
            subscriptions.c.subscriber_id == tables.subscribers.c.id,
            subscriptions.c.status == Status.ACTIVE.value,
        )
        .correlate(tables.subscribers)
    )


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
