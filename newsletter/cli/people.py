"""subscribers …: import, export, add, show, remove, end-feed, restore, suppress, suppressions, erase, list."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from newsletter.articles.tags import Vocabulary
from newsletter.cli.importing import import_file, list_option
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.listing import list_people
from newsletter.cli.suppressions import suppressions
from newsletter.pipeline.delivery_list import show_person
from newsletter.pipeline.end_feeds import end_feeds
from newsletter.pipeline.export_everybody import export_everybody
from newsletter.pipeline.import_people import require_list
from newsletter.pipeline.own_data import erase
from newsletter.result_codes import OK
from newsletter.site.lists import site_vocabulary
from newsletter.store import audit
from newsletter.store.audit import OPERATOR
from newsletter.store.database import create_private
from subscribers import people, suppression
from subscribers.csv_file import export_subscribers
from subscribers.history import Way
from subscribers.restoring import Restored, restore_reader
from subscribers.subscriber import FeedUse


@click.group()
def subscribers() -> None:
    """Who reads: import, export, add, show, remove, end-feed, restore, suppress, suppressions, erase, list."""


for command in (import_file, list_people, suppressions):
    subscribers.add_command(command)


@subscribers.command("export")
@list_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
@json_option
@pass_invocation
def export_file(invocation: Invocation, list_slug: str, out: Path | None) -> int:
    """Write the active subscribers of a list as CSV that imports again.

    \b
    Example: newsletter subscribers export --list weekly --out people.csv
    """
    if out is None and invocation.as_json:
        raise click.UsageError("--json needs --out: the CSV itself goes to stdout")
    with invocation.site.database.transaction(read_only=True) as connection:
        if out is None:
            export_subscribers(connection, list_slug, sys.stdout)
            return OK
        create_private(out)
        with out.open("w", encoding="utf-8", newline="") as file:
            count = export_subscribers(connection, list_slug, file)
    invocation.report({"exported": count, "file": str(out)}, f"{count} exported to {out}")
    return OK


@subscribers.command("export-all")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write, one JSON object in each line.",
)
@json_option
@pass_invocation
def export_all(invocation: Invocation, out: Path) -> int:
    """Write everybody, of every status, with attributes, consent record and issues received.

    \b
    Example: newsletter subscribers export-all --out everybody.jsonl
    """
    create_private(out)
    count = 0
    with out.open("w", encoding="utf-8") as file:
        for line in export_everybody(invocation.site):
            file.write(line)
            count += 1
    invocation.report({"exported": count, "file": str(out)}, f"{count} people exported to {out}")
    return OK


@subscribers.command("add")
@click.argument("address")
@list_option
@click.option("--name", default="", help="The person's name.")
@click.option("--tags", default=None, help="Tags they follow, separated by commas.")
@click.option("--time-zone", default="", help="Where they live, such as Europe/London.")
@click.option(
    "--mail-format",
    default="",
    help="How mails look: html, large, contrast, large-contrast, text.",
)
@json_option
@now_option
@pass_invocation
def add_one(
    invocation: Invocation,
    address: str,
    list_slug: str,
    name: str,
    tags: str | None,
    time_zone: str,
    mail_format: str,
) -> int:
    """Put one person on a list.

    \b
    Example: newsletter subscribers add reader@example.org --list weekly --tags security,reviews
    """
    site = invocation.site
    require_list(site, list_slug)
    vocabulary = site_vocabulary(site.settings)
    follows = [_slug(vocabulary, tag) for tag in tags.split(",")] if tags is not None else None
    with site.database.transaction() as connection:
        outcome = people.add(
            connection,
            address,
            list_slug=list_slug,
            now=invocation.now,
            name=name,
            follows=follows,
            note=people.OperatorNote(time_zone=time_zone, mail_format=mail_format),
        )
    invocation.report(
        {"address": address, "list": list_slug, "outcome": outcome},
        f"{address}: {outcome}",
    )
    return OK


@subscribers.command("show")
@click.argument("address")
@json_option
@pass_invocation
def show_one(invocation: Invocation, address: str) -> int:
    """Show one person: subscriptions, tags, the history of consent, and every issue with its receipt.

    \b
    Example: newsletter subscribers show reader@example.org
    """
    with invocation.site.database.transaction(read_only=True) as connection:
        person = show_person(connection, address)
    lines = [
        f"{person['address']}  {person['name']}".rstrip(),
        f"follows: {', '.join(person['tags']) or 'everything'}",
        *([f"time zone: {person['time_zone']}"] if person["time_zone"] else []),
        *([f"mails: {person['mail_format']}"] if person["mail_format"] != "html" else []),
        *[f"{entry['list']}: {entry['status']}" for entry in person["subscriptions"]],
        *[
            f"private feed of {feed['list']} since {feed['made_at']}, {_USES[feed['use']]}"
            for feed in person["feeds"]
        ],
        *[
            f"suppressed: {entry['reason']} (since {entry['at']})"
            for entry in person["suppressions"]
        ],
        *[
            f"  {entry['at']}  {entry['event']} by {entry['way']}  {entry['detail']}".rstrip()
            for entry in person["history"]
        ],
        *[
            f"{one['issue']}: {one['state']}  {one['at'] or ''}  {one['code'] or ''} {one['text']}".rstrip()
            for one in person["issues"]
        ],
        *[
            f"{one['letter']}: {one['state']}  {one['at'] or ''}  {one['subject']}"
            for one in person["dated_letters"]
        ],
    ]
    invocation.answer(person, *lines)
    return OK


@subscribers.command("remove")
@click.argument("address")
@click.option("--list", "list_slug", metavar="LIST", help="From this list only.")
@json_option
@now_option
@pass_invocation
def remove_one(invocation: Invocation, address: str, list_slug: str | None) -> int:
    """Unsubscribe one person from one list, or from all.

    \b
    Example: newsletter subscribers remove reader@example.org --list weekly
    """
    with invocation.site.database.transaction() as connection:
        changed = people.remove(connection, address, invocation.now, list_slug=list_slug)
    invocation.report(
        {"address": address, "unsubscribed": changed},
        f"{address}: unsubscribed from {', '.join(changed) or 'nothing: not on any list'}",
    )
    return OK


@subscribers.command("end-feed")
@click.argument("address")
@click.option("--list", "list_slug", metavar="LIST", help="That of this list only.")
@json_option
@now_option
@pass_invocation
def end_feed(invocation: Invocation, address: str, list_slug: str | None) -> int:
    """End a person's private feeds, such as when an address got into other hands.

    Issues come by mail again. The reader can make a new feed on the page with the preferences.

    \b
    Example: newsletter subscribers end-feed reader@example.org --list weekly
    """
    ended = end_feeds(invocation.site, address, list_slug, way=Way.OPERATOR, now=invocation.now)
    said = f"the feed of {', '.join(ended)} has ended" if ended else "no private feed"
    invocation.report({"address": address, "ended": ended}, f"{address}: {said}")
    return OK


@subscribers.command("suppress")
@click.argument("pattern", metavar="ADDRESS|@DOMAIN")
@click.option("--reason", default="by the operator", show_default=True)
@click.option("--lift", is_flag=True, help="Remove the suppression.")
@json_option
@now_option
@pass_invocation
def suppress_one(invocation: Invocation, pattern: str, reason: str, lift: bool) -> int:
    """Never mail an address, or a whole domain, whatever a list says.

    \b
    Example: newsletter subscribers suppress @example.net --reason "asked by its postmaster"
    """
    act = suppression.lift if lift else suppression.suppress
    with invocation.site.database.transaction() as connection:
        changed = act(connection, pattern, reason, invocation.now)
    invocation.report(
        {"pattern": pattern, "suppressed": not lift, "changed": changed},
        f"{pattern} is {'no longer' if lift else 'now'} suppressed",
    )
    return OK


@subscribers.command("restore")
@click.argument("addresses", metavar="ADDRESS…", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why they are mailed again; kept on record.")
@json_option
@now_option
@pass_invocation
def restore_readers(invocation: Invocation, addresses: tuple[str, ...], reason: str) -> int:
    """Put readers back whose mail was wrongly taken as bounced, or who were wrongly suppressed.

    Nobody who left or complained is put back. Their bounces no longer count.

    \b
    Example: newsletter subscribers restore reader@example.org --reason "our relay's limit"
    """
    if not reason.strip():
        raise click.BadParameter("say why they are mailed again", param_hint="--reason")
    with invocation.site.database.transaction() as connection:
        done = [
            (address, restore_reader(connection, address, reason=reason, now=invocation.now))
            for address in addresses
        ]
        detail = f"{', '.join(addresses)}: {reason}"
        audit.record(
            connection, who=OPERATOR, what="restore readers", detail=detail, now=invocation.now
        )
    invocation.answer(
        {"restored": [{"address": address, **asdict(one)} for address, one in done]},
        *[f"{address}: {_restored(one)}" for address, one in done],
    )
    return OK


def _restored(one: Restored) -> str:
    said = [f"on {', '.join(one.lists)} again"] * bool(one.lists)
    said += ["no longer suppressed"] * one.lifted
    said += [f"stays off {', '.join(one.left)}, which the reader left"] * bool(one.left)
    said += [f"still suppressed by {one.suppressed_by}"] * bool(one.suppressed_by)
    return "; ".join(said) or "nothing to restore"


@subscribers.command("erase")
@click.argument("address")
@json_option
@now_option
@pass_invocation
def erase_one(invocation: Invocation, address: str) -> int:
    """Delete one person and their history. A salted hash prevents a later import.

    \b
    Example: newsletter subscribers erase reader@example.org
    """
    erased = erase(invocation.site, address, now=invocation.now)
    invocation.report({"erased": erased}, "erased" if erased else "was erased before")
    return OK


_USES = {FeedUse.BESIDE: "beside the mail", FeedUse.ALONE: "without issues by mail"}


def _slug(vocabulary: Vocabulary, label: str) -> str:
    tag = vocabulary.tag(label)
    return tag.slug if tag else ""
