"""check: what the segments in newsletter.toml name must exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches

import sqlalchemy as sa

from newsletter.errors import Problem
from newsletter.site.lists import list_slugs
from newsletter.site.segments import meanings_of
from newsletter.site.site import Site
from subscribers import lists, tables
from subscribers.errors import AddressError
from subscribers.segments.compile import ANY_TAG, attribute, compile_condition
from subscribers.segments.conditions import (
    AtDomain,
    HadIssue,
    HasAttribute,
    HasTag,
    OnList,
    Simple,
    simple_conditions,
)
from subscribers.segments.parse import parse_segment

SAMPLE = 1000
"""Readers whose attributes are looked through for a name that is nearly the same."""


def in_segments(site: Site, file: str, now: datetime) -> Iterator[Problem]:
    """A problem for each tag, attribute, list, domain and newsletter that does not exist."""
    with site.database.transaction(read_only=True) as connection:
        for slug, newsletter in site.settings.newsletters.items():
            texts = {f"newsletters.{slug}.segment": newsletter.segment}
            for number, section in enumerate(newsletter.sections):
                texts[f"newsletters.{slug}.sections[{number}].only"] = section.only
            for field, text in texts.items():
                for message, fix in _wrong_names(site, connection, slug, text, now):
                    yield Problem(message=message, file=file, field=field, fix=fix)


def in_segment(site: Site, text: str, now: datetime) -> list[Problem]:
    """A problem for each name in one segment that does not exist. Raises SegmentError."""
    with site.database.transaction(read_only=True) as connection:
        return [
            Problem(message=message, field="segment", fix=fix)
            for message, fix in _wrong_names(site, connection, "", text, now)
        ]


def _wrong_names(
    site: Site, connection: sa.Connection, slug: str, text: str | None, now: datetime
) -> Iterator[tuple[str, str]]:
    for condition in simple_conditions(parse_segment(text)) if text else ():
        wrong = _wrong_in(site, connection, slug, condition, now)
        if wrong is not None:
            message, fix = wrong
            yield f"at character {condition.position}: {message}", fix


def _wrong_in(
    site: Site, connection: sa.Connection, slug: str, condition: Simple, now: datetime
) -> tuple[str, str] | None:
    """What is wrong with the condition, and how to fix it."""
    match condition:
        case OnList(lists=named):
            stored = (*lists.list_slugs(connection), *lists.former_names(connection))
            known = {*list_slugs(site.settings), *stored}
            return _unknown("list", named, known)
        case HadIssue(issues=named_issues):
            newsletters = [issue.newsletter or slug for issue in named_issues]
            return _unknown("newsletter", filter(None, newsletters), site.settings.newsletters)
        case AtDomain():
            try:
                compile_condition(condition, meanings_of(site, slug, now))
            except AddressError as error:
                return str(error), "write a domain such as example.org"
        case HasAttribute(name=name, values=values) if values != ("",):
            if not _exists(connection, attribute(name) != ""):
                return _unknown("attribute", [name], _attributes(connection))
        case HasTag(labels=labels):
            for label in labels:
                if label != ANY_TAG and not _is_tag(site, connection, slug, label, now):
                    return _unknown("tag", [label], _tags(site))
        case _:
            pass
    return None


def _is_tag(site: Site, connection: sa.Connection, slug: str, label: str, now: datetime) -> bool:
    if label.casefold() in {tag.casefold() for tag in _tags(site)}:
        return True
    condition = compile_condition(HasTag(labels=(label,)), meanings_of(site, slug, now))
    return _exists(connection, condition)


def _tags(site: Site) -> set[str]:
    """The tags that articles or readers of this site can have, as slugs and as they are written."""
    configured = site.settings.tags
    labels = {*configured.known, *configured.aliases, *configured.aliases.values()}
    for newsletter in site.settings.newsletters.values():
        labels |= {tag for section in newsletter.sections for tag in section.tags}
        labels |= {tag for source in newsletter.sources for tag in source.tags}
    return labels


def _exists(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> bool:
    found = sa.select(tables.subscribers.c.id).where(condition).limit(1)
    return connection.execute(found).first() is not None


def _attributes(connection: sa.Connection) -> set[str]:
    """Names of the attributes that the newest readers have."""
    people = tables.subscribers
    newest = connection.scalars(
        sa.select(people.c.attributes).order_by(people.c.id.desc()).limit(SAMPLE)
    )
    return {name for attributes in newest for name in attributes}


def _unknown(what: str, names: Iterable[str], known: Collection[str]) -> tuple[str, str] | None:
    """The first of these names that is not known, with the nearest one that is."""
    wrong = next((name for name in names if name not in known), None)
    if wrong is None:
        return None
    near = get_close_matches(wrong, known, n=1, cutoff=0.6)
    some = ", ".join(sorted(known)[:10])
    fix = f"did you mean {near[0]!r}?" if near else f"there is: {some or 'none yet'}"
    return f"there is no {what} {wrong!r}", fix
