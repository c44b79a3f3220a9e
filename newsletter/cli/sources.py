"""sources …: list, add, import, export, test, mail."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.printing import say
from newsletter.cli.source_documents import (
    article_document,
    article_lines,
    finding_line,
    new_source_document,
    reading_document,
    source_document,
    source_lines,
    summary_lines,
)
from newsletter.cli.source_mail import source_mail
from newsletter.config.durations import written
from newsletter.errors import InputError, UnknownNameError
from newsletter.result_codes import FINDINGS, OK

if TYPE_CHECKING:
    from newsletter.pipeline.add_source import SourceRequest

log = logging.getLogger("newsletter")

newsletter_option = click.option(
    "--newsletter",
    "slug",
    metavar="NAME",
    help="The newsletter.  [default: the only one of the site]",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print the change of newsletter.toml; change nothing."
)


@click.group()
def sources() -> None:
    """Where articles come from: list, add, import, export, test, mail."""


sources.add_command(source_mail)


@sources.command("list")
@click.option("--newsletter", "slug", metavar="NAME", help="Only the sources of this newsletter.")
@json_option
@pass_invocation
def list_all(invocation: Invocation, slug: str | None) -> int:
    """List the sources: when each was last read, what it has, what is wrong, when it is read next.

    \b
    Example: newsletter sources list --newsletter weekly
    """
    from newsletter.pipeline.list_sources import list_sources

    listed = list_sources(invocation.site, slug)
    invocation.answer(
        {"sources": [source_document(source) for source in listed]},
        *[
            line
            for source in listed
            for line in source_lines(source, invocation.site.settings.site.zone)
        ],
    )
    return OK


@sources.command("add")
@click.argument("url")
@newsletter_option
@click.option("--name", default="", help="The name that readers see.  [default: the feed's title]")
@click.option("--tag", "tags", multiple=True, help="A tag that is added to each article.")
@dry_run_option
@json_option
@now_option
@pass_invocation
def add_one(
    invocation: Invocation,
    url: str,
    slug: str | None,
    name: str,
    tags: tuple[str, ...],
    dry_run: bool,
) -> int:
    """Add a feed, or the main feed of a web page, to newsletter.toml; its comments stay.

    A mail address is added as one at which newsletters of others arrive.

    \b
    Example: newsletter sources add https://site.example/ --newsletter weekly --tag news --dry-run
             newsletter sources add in+weekly@news.example.org --newsletter weekly --dry-run
    """
    from newsletter.pipeline.add_mail_source import is_mail_address
    from newsletter.pipeline.add_source import SourceRequest, add_source

    request = SourceRequest(
        newsletter=_newsletter(invocation, slug), url=url, name=name, tags=tags, dry_run=dry_run
    )
    if is_mail_address(url):
        return _add_mail(invocation, request)
    added = add_source(invocation.site, request, os.environ, now=invocation.now)
    document = {
        "newsletter": added.newsletter,
        "source": new_source_document(added.source),
        "suggested_tags": list(added.suggested_tags),
        **reading_document(added.found, added.summary),
        "file": str(added.change.file),
        "dry_run": dry_run,
        "diff": added.change.diff,
    }
    suggestion = ", ".join(added.suggested_tags)
    lines = [
        f"{added.newsletter}: {added.source.name}: {added.source.location}",
        *summary_lines(added.summary),
        *([f"  sections of {added.newsletter} take its tags {suggestion}"] if suggestion else []),
    ]
    if dry_run:
        invocation.answer(document, *lines, added.change.diff)
    else:
        invocation.report(document, *lines, f"written to {added.change.file}")
    return OK


def _add_mail(invocation: Invocation, request: SourceRequest) -> int:
    from newsletter.pipeline.add_mail_source import add_mail_source

    source, change = add_mail_source(invocation.site, request, os.environ)
    document = {
        "newsletter": request.newsletter,
        "source": source.table,
        "file": str(change.file),
        "dry_run": request.dry_run,
        "diff": change.diff,
    }
    line = f"{request.newsletter}: newsletters by mail: {source.location}"
    if request.dry_run:
        invocation.answer(document, line, change.diff)
    else:
        invocation.report(document, line, f"written to {change.file}")
    return OK


@sources.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@newsletter_option
@dry_run_option
@json_option
@pass_invocation
def import_file(invocation: Invocation, file: Path, slug: str | None, dry_run: bool) -> int:
    """Add the feeds of an OPML file, as feed readers export it; folders become tags.

    Feeds that the newsletter has are skipped. The feeds are not fetched; `gather` does that.

    \b
    Example: newsletter sources import feeds.opml --newsletter weekly --dry-run
    """
    from newsletter.pipeline.import_sources import import_sources

    newsletter = _newsletter(invocation, slug)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read it: {error.strerror}", file=str(file), fix="name a readable OPML file"
        ) from error
    done = import_sources(invocation.site, newsletter, body, os.environ, dry_run=dry_run)
    for feed in done.invalid:
        log.warning("%s: %s: %s", feed.title or "an outline", feed.reason, feed.address)
    would = "would be " * dry_run
    document = {
        "newsletter": newsletter,
        "added": [new_source_document(source) for source in done.added],
        "duplicates": done.duplicates,
        "invalid": [
            {"title": feed.title, "address": feed.address, "reason": feed.reason}
            for feed in done.invalid
        ],
        "file": str(done.change.file),
        "dry_run": dry_run,
        "diff": done.change.diff,
    }
    line = (
        f"{len(done.added)} {would}added, {done.duplicates} are there already,"
        f" {len(done.invalid)} are not valid"
    )
    if dry_run:
        invocation.answer(document, line, done.change.diff)
    else:
        invocation.report(document, line)
    return FINDINGS if done.invalid else OK


@sources.command("export")
@click.option("--newsletter", "slug", metavar="NAME", help="Only the feeds of this newsletter.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
@json_option
@now_option
@pass_invocation
def export_file(invocation: Invocation, slug: str | None, out: Path | None) -> int:
    """Write the feeds as OPML 2.0, which feed readers and `sources import` read; no passwords.

    \b
    Example: newsletter sources export --newsletter weekly --out feeds.opml
    """
    from newsletter.pipeline.list_sources import export_sources

    if out is None and invocation.as_json:
        raise click.UsageError("--json needs --out: the OPML itself goes to stdout")
    exported = export_sources(invocation.site, slug, now=invocation.now)
    if exported.left_out:
        log.warning("%d sources are not feeds, and are left out", exported.left_out)
    if out is None:
        say(exported.opml, nl=False)
        return OK
    try:
        out.write_text(exported.opml, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write it: {error.strerror}", file=str(out)) from error
    invocation.report(
        {"exported": exported.feeds, "left_out": exported.left_out, "file": str(out)},
        f"{exported.feeds} exported to {out}",
    )
    return OK


@sources.command("test")
@click.argument("url")
@json_option
@now_option
@pass_invocation
def test_one(invocation: Invocation, url: str) -> int:
    """Read a feed or page once and say what would be read, and how; nothing is stored.

    \b
    Example: newsletter sources test https://site.example/
    """
    from newsletter.pipeline.examine_source import examine_source

    examined = examine_source(invocation.site, url, now=invocation.now)
    found = examined.found
    document = {
        **reading_document(found, examined.summary),
        "charset": examined.charset,
        "every": int(examined.interval.total_seconds()),
        "examples": [article_document(article) for article in examined.examples],
    }
    fetched = found.fetched
    encoding = f", compressed as {fetched.encoding}" if fetched.encoding else ""
    lines = [
        f"{found.reading.source}: {found.source.kind} at {fetched.url}",
        f"  answers {fetched.status}, {fetched.content_type or 'no type'}, {examined.charset}{encoding}",
        *([f"  has moved permanently to {fetched.moved_to}"] if fetched.moved_to else []),
        *summary_lines(examined.summary),
        f"  entries are known by their {examined.summary.known_by}",
        f"  would be read every {written(examined.interval)} at first, then as often as it changes",
        *[finding_line(finding) for finding in found.reading.findings],
        *[
            line
            for article in examined.examples
            for line in article_lines(article, f"read of “{article.title}”:")
        ],
    ]
    invocation.answer(document, *lines)
    return FINDINGS if found.problem else OK


def _newsletter(invocation: Invocation, slug: str | None) -> str:
    """The newsletter that is named, or the only one that can have sources."""
    settings = invocation.site.settings.newsletters
    if slug is not None:
        invocation.site.newsletter(slug)
        return slug
    possible = [name for name, newsletter in settings.items() if newsletter.digest_of is None]
    if len(possible) != 1:
        raise UnknownNameError(
            "the site has several newsletters",
            field="--newsletter",
            fix=f"name one of: {', '.join(possible)}",
        )
    return possible[0]
