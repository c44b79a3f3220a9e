"""suggestions …: what readers suggested: list, add, dismiss, block, blocked, unblock."""

from __future__ import annotations

from typing import Any

import click

from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.issues.suggestion import Block, SuggestedStory
from newsletter.pipeline import suggestions as operations
from newsletter.pipeline.edit import EditRequest
from newsletter.plural import counted
from newsletter.result_codes import OK
from newsletter.store.audit import OPERATOR


@click.group()
def suggestions() -> None:
    """What readers suggested: list, add, dismiss, block, blocked, unblock."""


@suggestions.command("list")
@click.argument("name")
@json_option
@pass_invocation
def list_suggestions(invocation: Invocation, name: str) -> int:
    """Show what readers suggested to a newsletter, by how many, why, and what became of it.

    \b
    Example: newsletter suggestions list weekly
    """
    found = operations.list_suggestions(invocation.site, name)
    lines = [line for story in found for line in _lines(story)]
    document = {"suggestions": [suggestion_document(story) for story in found]}
    invocation.answer(document, *(lines or [f"{name}: nothing was suggested"]))
    return OK


@suggestions.command("add")
@issue_argument
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--section", default="", help="The section's title.  [default: by its tags]")
@json_option
@now_option
@pass_invocation
def add(invocation: Invocation, issue: tuple[str, int | None], number: int, section: str) -> int:
    """Put a suggested article into an issue.

    \b
    Example: newsletter suggestions add weekly 1 --section News
    """
    from newsletter.store.issues import find_issue

    site, (slug, wanted) = invocation.site, issue
    with site.database.transaction(read_only=True) as connection:
        found = find_issue(connection, slug, wanted)
    request = EditRequest(
        newsletter=slug, number=found.number, editor=OPERATOR, seen_version=found.version
    )
    done = operations.add_suggested(site, request, number, section=section, now=invocation.now)
    said = done.said or "it is in the issue already"
    document = {"issue": done.issue.name, "suggestion": number, "said": done.said}
    invocation.report(document, f"{done.issue.name}: {said}")
    return OK


@suggestions.command("dismiss")
@click.argument("name")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@json_option
@now_option
@pass_invocation
def dismiss(invocation: Invocation, name: str, number: int) -> int:
    """Take a suggested article off the shelf.

    \b
    Example: newsletter suggestions dismiss weekly 1
    """
    changed = operations.dismiss(invocation.site, name, number, editor=OPERATOR, now=invocation.now)
    said = "dismissed" if changed else "decided before"
    document = {"newsletter": name, "suggestion": number, "changed": changed}
    invocation.report(document, f"suggestion {number} is {said}")
    return OK


@suggestions.command("block")
@click.argument("name")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option(
    "--reader",
    type=click.IntRange(1, 2**31 - 1),
    metavar="ID",
    help="Block who made this suggestion, instead of the article's site.",
)
@json_option
@now_option
@pass_invocation
def block(invocation: Invocation, name: str, number: int, reader: int | None) -> int:
    """Take nothing more from an article's site, or from one who suggested it.

    What was suggested from there and is not decided is dismissed.

    \b
    Example: newsletter suggestions block weekly 1
             newsletter suggestions block weekly 1 --reader 1
    """
    site, now = invocation.site, invocation.now
    if reader is None:
        blocked = operations.block_site(site, name, number, editor=OPERATOR, now=now)
    else:
        blocked = operations.block_reader(site, name, number, reader, editor=OPERATOR, now=now)
    invocation.report({"blocked": blocked}, f"nothing more is taken from {blocked}")
    return OK


@suggestions.command("blocked")
@json_option
@pass_invocation
def blocked(invocation: Invocation) -> int:
    """Show from whom nothing is taken, and how often something came since.

    \b
    Example: newsletter suggestions blocked
    """
    found = operations.blocks(invocation.site)
    invocation.answer(
        {"blocks": [block_document(one) for one in found]},
        *([_block_line(one) for one in found] or ["nothing is blocked"]),
    )
    return OK


@suggestions.command("unblock")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@json_option
@now_option
@pass_invocation
def unblock(invocation: Invocation, number: int) -> int:
    """Take suggestions from there again.

    \b
    Example: newsletter suggestions unblock 1
    """
    lifted = operations.unblock(invocation.site, number, editor=OPERATOR, now=invocation.now)
    invocation.report({"unblocked": lifted.label}, f"suggestions are taken again: {lifted.label}")
    return OK


def suggestion_document(story: SuggestedStory) -> dict[str, Any]:
    """The suggested article as JSON."""
    return {
        "id": story.id,
        "url": story.url,
        "title": story.title,
        "state": story.state.value,
        "problem": story.problem,
        "issue": story.issue,
        "readers": story.readers,
        "unproven": story.unproven,
        "suggestions": [
            {
                "id": one.id,
                "way": one.way.value,
                "proven": one.is_proven,
                "name": one.name,
                "words": one.words,
                "at": one.suggested_at.isoformat(),
            }
            for one in story.suggestions
        ],
    }


def block_document(one: Block) -> dict[str, Any]:
    """The block as JSON."""
    return {
        "id": one.id,
        "kind": one.kind.value,
        "label": one.label,
        "at": one.blocked_at.isoformat(),
        "by": one.blocked_by,
        "refused": one.refused,
    }


def _lines(story: SuggestedStory) -> list[str]:
    unproven = f" and {counted(story.unproven, 'unproven mail')}" if story.unproven else ""
    state = f"{story.state} in {story.issue}" if story.issue else story.state.value
    trouble = f" ({story.problem})" if story.problem else ""
    by = f"{counted(story.readers, 'reader')}{unproven}"
    return [
        f"{story.id}: {story.title or story.url}: {by}; {state}{trouble}",
        f"  {story.url}",
        *(f"  {one.id}: {one.name or 'a reader'}: {one.words}" for one in story.said),
    ]


def _block_line(one: Block) -> str:
    return f"{one.id}: {one.label}: {counted(one.refused, 'suggestion')} refused since"
