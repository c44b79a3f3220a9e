"""subscribers suppressions …: list, search, explain, export, lift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from newsletter.cli.csv_output import write_csv
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.printing import say
from newsletter.result_codes import OK
from newsletter.store import audit
from newsletter.store.audit import OPERATOR
from newsletter.store.database import create_private
from subscribers import suppression
from subscribers import suppression_list as entries
from subscribers.subscriber import FeedUse

_COLUMNS = ("pattern", "reason", "at")

_after = click.option(
    "--after", type=click.IntRange(0), default=0, help="Start after the entry with this id."
)
_limit = click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="The size of a page."
)


@click.group()
def suppressions() -> None:
    """Addresses and domains that are never mailed: list, search, explain, export, lift."""


@suppressions.command("list")
@_after
@_limit
@json_option
@pass_invocation
def list_suppressions(invocation: Invocation, after: int, limit: int) -> int:
    """List the entries in the order in which they were made; erased people have no address.

    \b
    Example: newsletter subscribers suppressions list --limit 20
    """
    return _page(invocation, "", after, limit)


@suppressions.command("search")
@click.argument("text")
@_after
@_limit
@json_option
@pass_invocation
def search_suppressions(invocation: Invocation, text: str, after: int, limit: int) -> int:
    """Find entries by a part of the address, the domain or the reason.

    \b
    Example: newsletter subscribers suppressions search example.net
    """
    return _page(invocation, text, after, limit)


@suppressions.command("explain")
@click.argument("pattern", metavar="ADDRESS|@DOMAIN")
@json_option
@now_option
@pass_invocation
def explain_suppression(invocation: Invocation, pattern: str) -> int:
    """Say why an address is mailed or not, since when, and by what evidence.

    \b
    Example: newsletter subscribers suppressions explain reader@example.org
    """
    with invocation.site.database.transaction(read_only=True) as connection:
        found = entries.explain(connection, pattern, invocation.now)
    invocation.answer(found, *_explanation(found))
    return OK


@suppressions.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
@json_option
@pass_invocation
def export_suppressions(invocation: Invocation, out: Path | None) -> int:
    """Write the entries as CSV; those of erased people have no address and are left out.

    \b
    Example: newsletter subscribers suppressions export --out suppressed.csv
    """
    if out is None and invocation.as_json:
        raise click.UsageError("--json needs --out: the CSV itself goes to stdout")
    counts: Counter[bool] = Counter()
    rows = _named_entries(invocation, counts)
    if out is None:
        write_csv(_COLUMNS, rows)
    else:
        create_private(out)
        with out.open("w", encoding="utf-8", newline="") as file:
            write_csv(_COLUMNS, rows, file)
        invocation.report(
            {"exported": counts[False], "erased": counts[True], "file": str(out)},
            f"{counts[False]} exported to {out}",
        )
    if counts[True]:
        say(f"{counts[True]} erased people are left out: they have no address", err=True)
    return OK


@suppressions.command("lift")
@click.argument("pattern", metavar="ADDRESS|@DOMAIN")
@click.option("--reason", required=True, help="Why it may be mailed again; kept on record.")
@json_option
@now_option
@pass_invocation
def lift_suppression(invocation: Invocation, pattern: str, reason: str) -> int:
    """Remove a suppression. It brings back no subscription that has ended.

    \b
    Example: newsletter subscribers suppressions lift @example.net --reason "their postmaster wrote"
    """
    if not reason.strip():
        raise click.BadParameter("say why it may be mailed again", param_hint="--reason")
    with invocation.site.database.transaction() as connection:
        lifted = suppression.lift(connection, pattern, reason, invocation.now)
        remaining = entries.suppressions_of(connection, pattern)
        if lifted:
            audit.record(
                connection,
                who=OPERATOR,
                what="lift suppression",
                detail=f"{pattern}: {reason}",
                now=invocation.now,
            )
    still = [entry.pattern for entry in remaining]
    said = f"{pattern} is no longer suppressed" if lifted else f"{pattern} was not suppressed"
    if still:
        said += f", but {', '.join(still)} is: lift that too"
    invocation.report({"pattern": pattern, "lifted": lifted, "still_suppressed_by": still}, said)
    return OK


def _named_entries(invocation: Invocation, counts: Counter[bool]) -> Iterator[dict[str, Any]]:
    """The entries with an address or domain; `counts` counts them by whether they are erased."""
    with invocation.site.database.transaction(read_only=True) as connection:
        for entry in entries.all_suppressions(connection):
            document = entries.suppression_document(entry)
            counts[document["erased"]] += 1
            if not document["erased"]:
                yield document


def _page(invocation: Invocation, search: str, after: int, limit: int) -> int:
    with invocation.site.database.transaction(read_only=True) as connection:
        found = entries.suppressions_page(connection, search=search, after=after, limit=limit)
    documents = [{"id": one.id, **entries.suppression_document(one)} for one in found]
    more = found[-1].id if len(found) == limit else None
    invocation.answer(
        {"suppressions": documents, "next": more},
        *[f"{one['pattern'] or 'erased'}  {one['at']}  {one['reason']}" for one in documents],
        *([f"more: --after {more}"] if more else []),
    )
    return OK


def _explanation(found: dict[str, Any]) -> list[str]:
    mailed = ", ".join(found["mailed"]) or "no list"
    lines = [f"{found['pattern']}: mailed by {mailed}"]
    lines += [
        f"suppressed {'by its domain ' if str(one['pattern']).startswith('@') else ''}since "
        f"{one['at']}: {one['reason']}"
        for one in found["suppressions"]
    ]
    if found["paused_until"]:
        lines.append(f"paused by the reader until {found['paused_until']}")
    lines += [
        f"reads {one['list']} by private feed alone since {one['made_at']}"
        for one in found["feeds"]
        if one["use"] == FeedUse.ALONE
    ]
    lines += [
        f"{one['list']}: {one['status']} since {one['since']}" + ", closed" * one["closed"]
        for one in found["subscriptions"]
    ]
    lines += [
        f"  {one['at']}  {one['list']} {one['event']} by {one['way']}  {one['detail']}".rstrip()
        for one in found["history"]
    ]
    lines += [
        f"  {one['at']}  {one['list']}/{one['number']} bounced: {one['verdict']} {one['status']}".rstrip()
        for one in found["bounces"]
    ]
    if not found["known"] and not found["pattern"].startswith("@"):
        lines.append("nobody on any list has this address")
    return lines
