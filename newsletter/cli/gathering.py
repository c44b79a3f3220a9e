"""gather, draft, show: make the coming issue from its sources."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from newsletter.cli.audience import selection_document, selection_lines
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.cli.source_documents import article_document, article_lines, sameness_text
from newsletter.cli.status import failed_source_document, failed_source_line
from newsletter.issues.issue import Issue, Item, State
from newsletter.issues.window import carried_over
from newsletter.issues.wording import inclusion_text, left_out_text, note_text
from newsletter.pipeline.draft import draft as draft_issue
from newsletter.pipeline.explain import Explanation, explain
from newsletter.pipeline.gather import gather as gather_articles
from newsletter.pipeline.reader_view import selected_audience
from newsletter.plural import counted
from newsletter.result_codes import OK, TEMPORARY
from newsletter.site.failed_sources import failed_sources_of
from newsletter.store.issues import all_issues, find_issue

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading

log = logging.getLogger("newsletter")


@click.command()
@click.argument("name", required=False)
@json_option
@now_option
@pass_invocation
def gather(invocation: Invocation, name: str | None) -> int:
    """Fetch the sources of one newsletter, or of all; a failing source never stops the others.

    \b
    Example: newsletter gather weekly
    """
    site = invocation.site
    slugs = [name] if name else list(site.settings.newsletters)
    readings = {slug: gather_articles(site, slug, now=invocation.now) for slug in slugs}
    lines = []
    for slug, sources in readings.items():
        for reading in sources:
            unchanged = ", unchanged" if reading.unchanged else ""
            lines.append(
                f"{slug}: {reading.source}: {counted(len(reading.articles), 'article')}{unchanged}"
            )
        _log_findings(slug, sources)
    invocation.report(
        {
            "newsletters": [
                {"newsletter": slug, "sources": [_reading(reading) for reading in sources]}
                for slug, sources in readings.items()
            ]
        },
        *lines,
    )
    every = [reading for sources in readings.values() for reading in sources]
    return TEMPORARY if every and all(_failed(reading) for reading in every) else OK


@click.command()
@click.argument("name")
@json_option
@now_option
@pass_invocation
def draft(invocation: Invocation, name: str) -> int:
    """Make or refresh the coming issue from the articles in its window.

    \b
    Example: newsletter draft weekly
    """
    issue = draft_issue(invocation.site, name, now=invocation.now)
    if issue.state is State.APPROVED:
        log.warning("%s is approved and stays as it is; hold it to change it", issue.name)
    if issue.note:
        log.warning("%s: %s", issue.name, note_text(issue.note))
    invocation.report(
        issue_document(issue),
        f"{issue.name}: {counted(len(issue.shown_items), 'article')}, {len(issue.left_out)} left out",
        f"  {issue.subject}",
    )
    return OK


@click.command()
@issue_argument
@click.option(
    "--explain",
    "explained",
    metavar="ITEM",
    help="Show where each field of one article came from, and why versions are one story:"
    " its address, or words of its title.",
)
@json_option
@now_option
@pass_invocation
def show(invocation: Invocation, issue: tuple[str, int | None], explained: str | None) -> int:
    """Show an issue: its window, its items by section, and why each article is in or out.

    \b
    Example: newsletter show weekly --explain "one hand"
    """
    site = invocation.site
    if explained:
        return _show_provenance(invocation, explain(site, *issue, explained))
    slug, number = issue
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        found = find_issue(connection, slug, number)
        carried = [
            f"{before.name} was skipped ({note_text(before.note)}): its articles are here"
            for before in carried_over(found, all_issues(connection, slug))
        ]
        failed = failed_sources_of(site, connection, found)
    size = selected_audience(site, found, now=invocation.now)
    document = {
        **issue_document(found),
        "carried_over": carried,
        "failed_sources": [failed_source_document(source) for source in failed],
        "selection": selection_document(size),
    }
    remarks = [*carried, *map(failed_source_line, failed), *selection_lines(size)]
    invocation.answer(document, *_issue_lines(found, remarks, site.settings.site.zone))
    return OK


def _show_provenance(invocation: Invocation, found: Explanation) -> int:
    versions = [
        {
            **article_document(version.article),
            "sameness": asdict(version.sameness) if version.sameness else None,
        }
        for version in found.versions
    ]
    lines = [f"{found.issue.name}: {found.title}"]
    for version in found.versions:
        article = version.article
        place = article.url or "without an address"
        lines += article_lines(article, f"{article.source}: {place}")
        if version.sameness:
            lines.append(f"  the same story, because {sameness_text(version.sameness)}")
    invocation.answer(
        {"issue": found.issue.name, "title": found.title, "versions": versions}, *lines
    )
    return OK


def issue_document(issue: Issue) -> dict[str, Any]:
    """The issue in the shape of `show --json`."""
    return {
        "issue": issue.name,
        "state": issue.state,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "window": {
            "start": issue.window.start.isoformat(),
            "end": issue.window.end.isoformat(),
        },
        "due": issue.due.isoformat(),
        "note": note_text(issue.note),
        "items": [_item(item) for item in issue.items],
        "left_out": [
            {"title": entry.title, "url": entry.url, "reason": left_out_text(entry)}
            for entry in issue.left_out
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    article = item.article
    return {
        "title": item.title,
        "url": article.url,
        "tags": [tag.label for tag in article.tags],
        "author": article.author,
        "agency": article.agency,
        "summary": item.summary,
        "body_text": article.body_text,
        "published": article.published.isoformat(),
        "source": article.source,
        "also": [
            {"source": also.source, "title": also.title, "url": also.url} for also in article.also
        ],
        "section": item.section,
        "position": item.position,
        "pinned": item.pinned,
        "hidden": item.hidden,
        "reason": inclusion_text(item),
        "follows": asdict(item.follows) if item.follows else None,
    }


def _issue_lines(issue: Issue, remarks: Sequence[str], zone: ZoneInfo) -> list[str]:
    start, end, goes_out = (
        f"{moment.astimezone(zone):%a %d %b %Y, %H:%M}"
        for moment in (issue.window.start, issue.window.end, issue.goes_out)
    )
    lines = [
        f"{issue.name} · {issue.state}" + (f" · {note_text(issue.note)}" if issue.note else ""),
        f"Subject: {issue.subject}",
        f"Window: {start} to {end}; goes out {goes_out} ({zone.key})",
        *remarks,
    ]
    lead = issue.shown_items[:1]
    below = [item for item in issue.items if item not in lead]
    parts = {section: [item for item in below if item.section == section]
             for section in dict.fromkeys(item.section for item in below)}  # fmt: skip
    for title, items in [("Lead", lead), *parts.items()]:
        lines += ["", title] if items else []
        for item in items:
            marks = " (hidden)" * item.hidden + " (pinned)" * item.pinned
            lines += [f"  {item.title}{marks}", f"      {inclusion_text(item)}"]
    if issue.left_out:
        lines += ["", "Left out"]
        for entry in issue.left_out:
            lines += [f"  {entry.title}", f"      {left_out_text(entry)}"]
    return lines


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "source": reading.source,
        "location": reading.location,
        "articles": len(reading.articles),
        "unchanged": reading.unchanged,
        "findings": [
            {"severity": finding.severity, "message": finding.message, "fix": finding.fix}
            for finding in reading.findings
        ],
    }


def _failed(reading: Reading) -> bool:
    return any(finding.severity == "failure" for finding in reading.findings)


def _log_findings(slug: str, readings: Sequence[Reading]) -> None:
    levels = {"failure": logging.ERROR, "warning": logging.WARNING, "notice": logging.INFO}
    for reading in readings:
        for finding in reading.findings:
            fix = f" Fix: {finding.fix}" if finding.fix else ""
            log.log(
                levels[finding.severity],
                "%s: %s: %s%s",
                slug,
                finding.source,
                finding.message,
                fix,
            )
