"""subscribers list: people found by list, status, tag, attribute and more, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict, Unpack

import click

from newsletter.cli.csv_output import write_csv
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.printing import say
from newsletter.pipeline.check_segments import in_segment
from newsletter.pipeline.find_people import PeopleFilter, find_all_people, find_people
from newsletter.result_codes import OK
from subscribers.search import FoundPerson
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

COLUMNS = ("id", "address", "name", "status", "tags", "frequency", "joined", "attributes")

_day = click.DateTime(formats=["%Y-%m-%d"])


class _Filters(TypedDict):
    """The command's filters, as click passes them."""

    list_slug: str | None
    status: str | None
    tag: str | None
    attribute: tuple[str, ...]
    joined_after: datetime | None
    joined_before: datetime | None
    domain: str | None
    had: str | None
    segment: str | None


@click.command("list")
@click.option("--list", "list_slug", metavar="LIST", help="Only people on this list.")
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--tag", help="Only people who follow this tag.")
@click.option(
    "--attribute", multiple=True, metavar="NAME=VALUE", help="Only people with this value."
)
@click.option("--joined-after", type=_day, metavar="DAY", help="Such as 2026-01-31.")
@click.option("--joined-before", type=_day, metavar="DAY", help="Such as 2026-01-31.")
@click.option("--domain", help="Only addresses at exactly this domain.")
@click.option("--had", metavar="ISSUE", help="Only people for whom a relay accepted this issue.")
@click.option("--segment", metavar="TEXT", help="Only people in this segment.")
@click.option(
    "--after", type=click.IntRange(0), default=0, help="Start after the person with this id."
)
@click.option("--limit", type=click.IntRange(1), help="At most this many people.  [default: all]")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV on stdout.")
@json_option
@now_option
@pass_invocation
def list_people(
    invocation: Invocation, after: int, limit: int | None, as_csv: bool, **filters: Unpack[_Filters]
) -> int:
    """List people, in the order in which they were stored.

    --limit gives one page; `next` in the JSON, or the last id, is what --after takes for the next
    one. Without --list, joining means being stored for the first time.

    \b
    Example: newsletter subscribers list --list weekly --status active
             newsletter subscribers list --list weekly --segment "plan = 'gold'" --limit 100 --json
    """
    if as_csv and invocation.as_json:
        raise click.UsageError("--csv cannot be combined with --json")
    wanted, site, now = _wanted(filters), invocation.site, invocation.now
    for problem in in_segment(site, wanted.segment or "", now):
        log.warning("%s", problem)
    found: Iterable[FoundPerson]
    if limit is None:
        found = find_all_people(site, wanted, after=after, now=now)
    else:
        found = find_people(site, wanted, after=after, limit=limit, now=now)
    current = site.current_list(wanted.list_slug) if wanted.list_slug else None
    documents = (person_document(person, current) for person in found)
    if as_csv:
        write_csv(COLUMNS, map(_as_row, documents))
    elif invocation.as_json:
        listed = list(documents)
        more = limit is not None and len(listed) == limit
        invocation.answer(
            {
                "list": wanted.list_slug,
                "subscribers": listed,
                "next": listed[-1]["id"] if more else None,
            }
        )
    else:
        for one in documents:
            say(f"{one['address']}  {one['status']}  {', '.join(one['tags'])}".rstrip())
    return OK


def person_document(person: FoundPerson, list_slug: str | None) -> dict[str, Any]:
    """The person as JSON; `status` is that on the list, or of each list where none is named."""
    statuses = {slug: status.value for slug, status in person.subscriptions.items()}
    named = ", ".join(f"{slug}: {status}" for slug, status in statuses.items())
    return {
        "id": person.id,
        "address": person.address,
        "name": person.name,
        "tags": list(person.tags),
        "status": statuses[list_slug] if list_slug else named,
        "frequency": person.frequency.value,
        "joined": person.created_at.isoformat(),
        "attributes": person.attributes,
        "subscriptions": [{"list": slug, "status": status} for slug, status in statuses.items()],
    }


def _as_row(document: dict[str, Any]) -> dict[str, Any]:
    attributes = "; ".join(f"{name}={value}" for name, value in document["attributes"].items())
    return {**document, "tags": ";".join(document["tags"]), "attributes": attributes}


def _wanted(filters: _Filters) -> PeopleFilter:
    attributes = {}
    for pair in filters["attribute"]:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--attribute")
        attributes[name.strip()] = value.strip()
    after, before = filters["joined_after"], filters["joined_before"]
    return PeopleFilter(
        list_slug=filters["list_slug"],
        status=Status(filters["status"]) if filters["status"] else None,
        tag=filters["tag"],
        attributes=attributes,
        joined_after=after.date() if after else None,
        joined_before=before.date() if before else None,
        domain=filters["domain"],
        had=filters["had"],
        segment=filters["segment"],
    )
