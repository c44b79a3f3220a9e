"""The operations on sources. Each calls one file of the pipeline and returns its result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from newsletter.articles.article import Article
from newsletter.articles.source_summary import SourceSummary
from newsletter.config.source_editing import NewSource
from newsletter.pipeline.add_mail_source import add_mail_source as add_new_mail_source
from newsletter.pipeline.add_source import SourceRequest
from newsletter.pipeline.add_source import add_source as add_new_source
from newsletter.pipeline.examine_source import examine_source
from newsletter.pipeline.find_source import FoundSource, reading_facts
from newsletter.pipeline.import_sources import import_sources as import_opml
from newsletter.pipeline.list_sources import ListedSource
from newsletter.pipeline.list_sources import export_sources as export_opml
from newsletter.pipeline.list_sources import list_sources as list_all_sources
from newsletter.web.api import source_models
from newsletter.web.api.calls import SiteWide
from newsletter.web.api.operation import Operation, PublisherOperation, make_router

editors = make_router(Operation, group="Sources")
publishers = make_router(PublisherOperation, group="Sources")

OneNewsletter = Annotated[
    str | None, Query(description="A newsletter's short name; without it all newsletters")
]


@editors.get("/sources", name="sources")
def list_sources(call: SiteWide, newsletter: OneNewsletter = None) -> source_models.Sources:
    """The sources and how they are doing."""
    listed = list_all_sources(call.site, newsletter)
    return source_models.Sources(sources=[_listed(source) for source in listed])


@publishers.post("/sources", name="add source")
def add_source(call: SiteWide, body: source_models.AddSource) -> source_models.AddedSourceDocument:
    """Add a feed, or the main feed of a page, to newsletter.toml."""
    request = SourceRequest(
        newsletter=body.newsletter,
        url=body.url,
        name=body.name,
        tags=tuple(body.tags),
        dry_run=body.dry_run,
    )
    added = add_new_source(call.site, request, os.environ, now=call.now)
    return source_models.AddedSourceDocument(
        **_contents(added.found, added.summary),
        newsletter=added.newsletter,
        source=_new(added.source),
        suggested_tags=list(added.suggested_tags),
        dry_run=body.dry_run,
        diff=added.change.diff,
    )


@publishers.post("/sources/mail", name="add source by mail")
def add_mail_source(
    call: SiteWide, body: source_models.AddMailSource
) -> source_models.AddedMailSource:
    """Add an address at which newsletters of others arrive to newsletter.toml."""
    request = SourceRequest(
        newsletter=body.newsletter,
        url=body.address,
        name=body.name,
        tags=tuple(body.tags),
        dry_run=body.dry_run,
    )
    source, change = add_new_mail_source(call.site, request, os.environ)
    return source_models.AddedMailSource(
        newsletter=body.newsletter,
        address=source.location,
        name=source.name,
        tags=list(source.tags),
        dry_run=body.dry_run,
        diff=change.diff,
    )


@editors.post("/sources/test", name="test source")
def test_source(call: SiteWide, body: source_models.SourceToTest) -> source_models.TestedSource:
    """Read a feed or page once and say what would be read, and how; nothing is stored."""
    examined = examine_source(call.site, body.url, now=call.now)
    return source_models.TestedSource(
        **_contents(examined.found, examined.summary),
        charset=examined.charset,
        every=int(examined.interval.total_seconds()),
        examples=[_example(article) for article in examined.examples],
    )


@publishers.post("/sources/import", name="import sources")
def import_sources(
    call: SiteWide, body: source_models.ImportSources
) -> source_models.ImportedSources:
    """Add the feeds of an OPML document that the newsletter does not have."""
    done = import_opml(
        call.site,
        body.newsletter,
        body.opml.encode("utf-8", "replace"),
        os.environ,
        dry_run=body.dry_run,
    )
    return source_models.ImportedSources(
        newsletter=done.newsletter,
        added=[_new(source) for source in done.added],
        duplicates=done.duplicates,
        invalid=[source_models.InvalidFeed.model_validate(feed) for feed in done.invalid],
        dry_run=body.dry_run,
        diff=done.change.diff,
    )


@editors.get("/sources/export", name="export sources")
def export_sources(
    call: SiteWide, newsletter: OneNewsletter = None
) -> source_models.ExportedSources:
    """The feeds as an OPML document, which feed readers import."""
    exported = export_opml(call.site, newsletter, now=call.now)
    return source_models.ExportedSources(
        opml=exported.opml, exported=exported.feeds, left_out=exported.left_out
    )


def _listed(source: ListedSource) -> source_models.SourceDocument:
    health = source.health
    return source_models.SourceDocument(
        location=source.location,
        kind=source.kind,
        name=source.name,
        tags=list(source.tags),
        newsletters=list(source.newsletters),
        checked_at=health.checked_at if health else None,
        succeeded_at=health.succeeded_at if health else None,
        failing_since=health.failing_since if health else None,
        problem=health.problem if health else "",
        moved_to=health.moved_to if health else "",
        every=int(health.interval.total_seconds()) if health else None,
        next_check=health.next_check if health else None,
        entries=health.entries if health else None,
        newest=health.newest if health else None,
        findings=_findings(health.findings if health else ()),
    )


def _example(article: Article) -> source_models.ExampleArticle:
    return source_models.ExampleArticle(
        title=article.title,
        url=article.url,
        published=article.published if article.dated else None,
        fields=[source_models.FieldPlace.model_validate(place) for place in article.provenance],
    )


def _contents(found: FoundSource, summary: SourceSummary) -> dict[str, Any]:
    return {
        **reading_facts(found, summary),
        "findings": _findings(found.reading.findings),
    }


def _new(source: NewSource) -> source_models.NewSourceDocument:
    return source_models.NewSourceDocument(
        feed=source.location, name=source.name, tags=list(source.tags)
    )


def _findings(findings: Sequence[Any]) -> list[source_models.SourceFinding]:
    return [source_models.SourceFinding.model_validate(finding) for finding in findings]
