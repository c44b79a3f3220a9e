"""archive: issues of another tool come into the public archive, and the site's own leave it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from newsletter.articles.urls import is_web_address
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.cli.printing import say
from newsletter.issues.past.layouts import Layout
from newsletter.issues.past.post import Problem, Standing
from newsletter.pipeline.export_issues import export_issues
from newsletter.pipeline.import_past_issues import PastIssuesReport, import_past_issues
from newsletter.result_codes import FINDINGS, OK
from newsletter.store.past_issues import Kept

_SKIPPED = {
    Standing.DRAFT: "not published",
    Standing.RESTRICTED: "for members or paying readers only",
    Standing.NOT_AN_ISSUE: "pages and threads",
}
_PROBLEMS = {
    Problem.NO_TITLE: "it has no title",
    Problem.NO_DATE: "it has no date",
    Problem.NO_BODY: "it has no content",
    Problem.TOO_LONG: "it is too long, or takes too long to read",
    Problem.NO_TEXT: "it is not UTF-8, or its front matter is not YAML",
}


@click.group()
def archive() -> None:
    """The public archive: import the issues that another tool sent, export all as files."""


@archive.command("export")
@click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
@click.option("--newsletter", "slug", metavar="NAME", help="Of this newsletter only.")
@json_option
@pass_invocation
def export_archive(invocation: Invocation, folder: Path, slug: str | None) -> int:
    """Write every sent issue as Markdown and as HTML into a new folder.

    \b
    Example: newsletter archive export issues --newsletter weekly
    """
    written = export_issues(invocation.site, slug, folder)
    invocation.report(
        {"folder": str(folder), "newsletters": [asdict(one) for one in written]},
        *[
            f"{one.newsletter}: {one.issues} issues, and {one.past} that another tool had sent"
            for one in written
        ],
    )
    return OK


@archive.command("import")
@click.argument("path", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("--newsletter", "slug", required=True, metavar="NAME", help="The newsletter.")
@click.option(
    "--from",
    "layout",
    type=click.Choice([layout.value for layout in Layout]),
    help="The tool that wrote the export.  [default: recognised]",
)
@click.option(
    "--base",
    default="",
    metavar="URL",
    help="The old site's address, for links and pictures that are written without it.",
)
@click.option("--dry-run", is_flag=True, help="Count what would become of the posts; keep nothing.")
@json_option
@now_option
@pass_invocation
def import_archive(
    invocation: Invocation, path: Path, slug: str, layout: str | None, base: str, dry_run: bool
) -> int:
    """Put past issues into the archive: of Substack, Mailchimp, Ghost, Buttondown, or a folder.

    A folder has Markdown files with front matter (title, date) or HTML files. Drafts and posts for
    members are skipped. Repeat it as often as you like: each post is in the archive once. Exits
    with 1 if a post cannot be read.

    \b
    Example: newsletter archive import export.zip --newsletter weekly --dry-run
    """
    if base and not is_web_address(base):
        raise click.BadParameter(f"{base!r} is not a web address", param_hint="--base")
    report = import_past_issues(
        invocation.site,
        slug,
        path,
        layout=Layout(layout) if layout else None,
        base=base,
        dry_run=dry_run,
        now=invocation.now,
    )
    for name, problem in report.unreadable:
        say(f"not imported: {name}: {_PROBLEMS[problem]}", err=True)
    show = invocation.answer if dry_run else invocation.report
    show(_document(report, dry_run=dry_run), *_lines(report, dry_run=dry_run))
    return FINDINGS if report.unreadable else OK


def _document(report: PastIssuesReport, *, dry_run: bool) -> dict[str, object]:
    return {
        "from": report.layout,
        "dry_run": dry_run,
        **{kept.value: report.kept[kept] for kept in Kept},
        "skipped": {standing.value: report.skipped[standing] for standing in _SKIPPED},
        "unreadable": [{"post": name, "reason": problem} for name, problem in report.unreadable],
    }


def _lines(report: PastIssuesReport, *, dry_run: bool) -> list[str]:
    would = "would be " if dry_run else ""
    lines = [f"an export of the kind: {report.layout}"]
    lines += [f"{would}{kept.value}: {report.kept[kept]}" for kept in Kept]
    lines += [
        f"skipped, {words}: {report.skipped[standing]}"
        for standing, words in _SKIPPED.items()
        if report.skipped[standing]
    ]
    return lines
