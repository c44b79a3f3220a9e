"""lists …: list, make, rename, merge, close."""

from __future__ import annotations

from typing import Any

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.pipeline import lists as operations
from newsletter.pipeline.lists import ListInfo
from newsletter.result_codes import OK
from newsletter.store import audit
from newsletter.store.audit import OPERATOR
from subscribers.list_changes import Merged
from subscribers.subscriber import FeedUse


@click.group()
def lists() -> None:
    """Mailing lists: list, make, rename, merge, close."""


@lists.command("list")
@json_option
@pass_invocation
def list_lists(invocation: Invocation) -> int:
    """Show every list with its people by status, and the newsletters that are sent to it.

    \b
    Example: newsletter lists list
    """
    found = operations.all_lists(invocation.site)
    invocation.answer({"lists": [list_document(one) for one in found]}, *map(_list_line, found))
    return OK


@lists.command("make")
@click.argument("name")
@json_option
@now_option
@pass_invocation
def make_list(invocation: Invocation, name: str) -> int:
    """Make a list, or open a closed one again.

    A list that newsletter.toml names needs no making.

    \b
    Example: newsletter lists make members
    """
    made = operations.make_list(invocation.site, name)
    _note(invocation, "make list", name)
    invocation.report({"list": name, "outcome": made.value}, f"{name}: {made}")
    return OK


@lists.command("rename")
@click.argument("old")
@click.argument("new")
@json_option
@now_option
@pass_invocation
def rename_list(invocation: Invocation, old: str, new: str) -> int:
    """Give a list another name. Links and addresses in sent mails still work.

    Write the new name in newsletter.toml first, at a time when nothing is being sent to the list.

    \b
    Example: newsletter lists rename members friends
    """
    operations.rename_list(invocation.site, old, new)
    _note(invocation, "rename list", f"{old} to {new}")
    invocation.report({"list": new, "former": old}, f"{old} is now called {new}")
    return OK


@lists.command("merge")
@click.argument("name")
@click.option("--into", required=True, metavar="LIST", help="The list that remains.")
@click.option("--dry-run", is_flag=True, help="Count what would happen; change nothing.")
@json_option
@now_option
@pass_invocation
def merge_lists(invocation: Invocation, name: str, into: str, dry_run: bool) -> int:
    """Move everybody on a list to another one, and remove the first.

    For people on both, the stricter status stays: who left, bounced, complained or did not confirm
    on either list is not mailed. Their records say so, and links in sent mails still work.

    \b
    Example: newsletter lists merge members --into weekly --dry-run
    """
    merged = operations.merge_lists(
        invocation.site, name, into=into, now=invocation.now, dry_run=dry_run
    )
    if not dry_run:
        _note(invocation, "merge lists", f"{name} into {into}: {merged.people} people")
    answer = invocation.answer if dry_run else invocation.report
    answer(
        {"list": into, "merged": name, "dry_run": dry_run, **merged_document(merged)},
        *_merged_lines(merged, name, into, dry_run=dry_run),
    )
    return OK


@lists.command("close")
@click.argument("name")
@json_option
@now_option
@pass_invocation
def close_list(invocation: Invocation, name: str) -> int:
    """Close a list: nobody joins it, and nothing is sent to it. Its people and records stay.

    `newsletter lists make NAME` opens it again.

    \b
    Example: newsletter lists close members
    """
    closed = operations.close_list(invocation.site, name, now=invocation.now)
    if closed:
        _note(invocation, "close list", name)
    invocation.report(
        {"list": name, "changed": closed}, f"{name} is closed" if closed else f"{name} was closed"
    )
    return OK


def list_document(one: ListInfo) -> dict[str, Any]:
    """The list as JSON."""
    return {
        "list": one.slug,
        "statuses": {status.value: count for status, count in one.statuses.items()},
        "feeds": {use.value: count for use, count in one.feeds.items()},
        "newsletters": list(one.newsletters),
        "former_names": list(one.former_names),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
    }


def merged_document(merged: Merged) -> dict[str, Any]:
    """The numbers of a merge as JSON."""
    return {
        "people": merged.people,
        "moved": {status.value: count for status, count in merged.moved.items()},
        "on_both": [
            {
                "there": there.value,
                "here": here.value,
                "becomes": becomes.value,
                "people": count,
            }
            for (there, here), becomes, count in merged.meetings
        ],
        "no_longer_active": merged.no_longer_active,
    }


def _list_line(one: ListInfo) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in one.statuses.items() if count)
    made, alone = sum(one.feeds.values()), one.feeds[FeedUse.ALONE]
    feeds = f"; {made} with a private feed, {alone} of them without mail" if made else ""
    sent = f"; newsletters: {', '.join(one.newsletters)}" if one.newsletters else ""
    former = f"; formerly {', '.join(one.former_names)}" if one.former_names else ""
    closed = "; closed" if one.closed_at else ""
    return f"{one.slug}: {counts or 'nobody'}{feeds}{sent}{former}{closed}"


def _merged_lines(merged: Merged, name: str, into: str, *, dry_run: bool) -> list[str]:
    would = "would be " if dry_run else ""
    lines = [f"{merged.people} people of {name} {would}merged into {into}"]
    lines += [f"  only on {name}: {count} {status}" for status, count in merged.moved.items()]
    lines += [
        f"  on both: {count} {there} on {name} and {here} on {into}: {becomes}"
        for (there, here), becomes, count in merged.meetings
    ]
    if merged.no_longer_active:
        lines.append(f"  {merged.no_longer_active} active readers of {into} are no longer mailed")
    return lines


def _note(invocation: Invocation, what: str, detail: str) -> None:
    with invocation.site.database.transaction() as connection:
        audit.record(connection, who=OPERATOR, what=what, detail=detail, now=invocation.now)
