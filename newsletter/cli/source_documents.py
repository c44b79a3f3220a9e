"""Sources as `sources` prints them: as JSON and as lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from newsletter.articles.identity.grounds import Ground, Sameness
from newsletter.articles.provenance import explained, to_json
from newsletter.config.durations import written
from newsletter.plural import counted

if TYPE_CHECKING:
    from newsletter.articles.article import Article
    from newsletter.articles.source_finding import SourceFinding
    from newsletter.articles.source_summary import SourceSummary
    from newsletter.config.source_editing import NewSource
    from newsletter.pipeline.find_source import FoundSource
    from newsletter.pipeline.list_sources import ListedSource


def source_document(source: ListedSource) -> dict[str, Any]:
    """One source in the shape of `sources list --json`."""
    health = source.health
    return {
        "location": source.location,
        "kind": source.kind,
        "name": source.name,
        "tags": list(source.tags),
        "newsletters": list(source.newsletters),
        "checked_at": _iso(health.checked_at if health else None),
        "succeeded_at": _iso(health.succeeded_at if health else None),
        "failing_since": _iso(health.failing_since if health else None),
        "problem": health.problem if health else "",
        "moved_to": health.moved_to if health else "",
        "every": int(health.interval.total_seconds()) if health else None,
        "next_check": _iso(health.next_check if health else None),
        "entries": health.entries if health else None,
        "newest": _iso(health.newest if health else None),
        "findings": [_finding(finding) for finding in (health.findings if health else ())],
    }


def source_lines(source: ListedSource, zone: ZoneInfo) -> list[str]:
    """One source as lines: where it is and who has it, how it was read, what is wrong."""
    health = source.health
    tags = f"  tags: {', '.join(source.tags)}" if source.tags else ""
    title = f"{source.name}: {source.location}" if source.name else source.location
    lines = [f"{title}  ({', '.join(source.newsletters)}){tags}"]
    if health is None:
        return [*lines, "  not read yet"]
    entries = "" if health.entries is None else f", {counted(health.entries, 'entry', 'entries')}"
    newest = f", the newest of {_local(health.newest, zone)}" if health.newest else ""
    lines.append(f"  last read {_local(health.succeeded_at, zone)}{entries}{newest}")
    if health.failing_since:
        lines.append(f"  failing since {_local(health.failing_since, zone)}: {health.problem}")
    if health.moved_to:
        lines.append(f"  has moved permanently to {health.moved_to}, and is read there")
    if health.next_check:
        every = written(health.interval)
        lines.append(f"  every {every}, next {_local(health.next_check, zone)}")
    return [*lines, *(finding_line(finding) for finding in health.findings)]


def reading_document(found: FoundSource, summary: SourceSummary) -> dict[str, Any]:
    """What one reading showed, in the shape of `sources test --json`."""
    # Loaded with the commands that read a source, and not with those that list them.
    from newsletter.pipeline.find_source import reading_facts

    return {
        **reading_facts(found, summary),
        "oldest": _iso(summary.oldest),
        "newest": _iso(summary.newest),
        "findings": [_finding(finding) for finding in found.reading.findings],
    }


def article_document(article: Article) -> dict[str, Any]:
    """One article as its source has it, and where its fields came from."""
    return {
        "source": article.source,
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat() if article.dated else None,
        "language": article.language,
        "words": article.words,
        "minutes": article.minutes,
        "fields": to_json(article.provenance),
    }


def article_lines(article: Article, heading: str) -> list[str]:
    """Where the fields of an article came from, below its heading."""
    return [f"  {heading}", *(f"    {line}" for line in explained(article.provenance))]


def new_source_document(source: NewSource) -> dict[str, Any]:
    """A source that was added, as it stands in newsletter.toml."""
    return {"feed": source.location, "name": source.name, "tags": list(source.tags)}


def summary_lines(summary: SourceSummary) -> list[str]:
    """What a source shows, as lines."""
    dates = (
        f", {summary.oldest:%Y-%m-%d} to {summary.newest:%Y-%m-%d}"
        if summary.oldest and summary.newest
        else ""
    )
    undated = f", {summary.undated} without a date" if summary.undated else ""
    tags = ", ".join(f"{label} ({count})" for label, count in summary.tags)
    return [
        f"  {counted(summary.entries, 'entry', 'entries')}{dates}{undated}",
        f"  {summary.with_picture} with a picture, {summary.with_author} with an author,"
        f" {summary.with_summary} with a summary",
        *([f"  tags: {tags}"] if tags else []),
    ]


def finding_line(finding: SourceFinding) -> str:
    """A finding with its fix."""
    fix = f". Fix: {finding.fix}" if finding.fix else ""
    return f"  {finding.severity}: {finding.message}{fix}"


def _finding(finding: SourceFinding) -> dict[str, str]:
    return {"severity": finding.severity, "message": finding.message, "fix": finding.fix}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y, %H:%M}" if moment else "never"


def sameness_text(sameness: Sameness) -> str:
    """Why two versions are one story, to follow "because"."""
    words, events = ", ".join(sameness.words), " and ".join(sameness.events)
    match sameness.ground:
        case Ground.EQUAL_HEADLINES:
            return "the headlines are equal"
        case Ground.ONE_WORDING:
            return f"the headlines have the same words ({words})"
        case Ground.ONE_EVENT:
            return f"the headlines tell of one event ({events}) with the same words ({words})"
        case Ground.TEXTS:
            return f"the texts report the same, and the headlines share: {words or 'no word'}"
