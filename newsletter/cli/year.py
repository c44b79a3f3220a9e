"""year: a page, a mail and an article of a year of a newsletter."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.pipeline.year import write_year, year_report, year_summary
from newsletter.result_codes import OK


@click.command()
@click.argument("number", metavar="YEAR", type=click.IntRange(1990, 9998))
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write into.  [default: year-YEAR]",
)
@json_option
@now_option
@pass_invocation
def year(invocation: Invocation, number: int, name: str | None, out: Path | None) -> int:
    """Write a page, a mail and an article of a year: stories, sources, tags and growth in sums.

    A folder for each newsletter that sent something: index.html has plots and can be printed,
    mail.html and mail.txt are a mail, and year.md is an article for a folder of articles.

    \b
    Example: newsletter year 2026 weekly --out the-year
    """
    site = invocation.site
    slugs = [name] if name else list(site.settings.newsletters)
    reports = {slug: year_report(site, slug, number, now=invocation.now) for slug in slugs}
    sent = {slug: report for slug, report in reports.items() if report.issues}
    if not sent:
        raise InputError(
            f"nothing was sent to everybody in {number}",
            fix="name a year in which issues were sent",
        )
    folder = out or Path(f"year-{number}")
    files = {
        slug: write_year(site, slug, report, folder / slug, now=invocation.now)
        for slug, report in sent.items()
    }
    invocation.report(
        {
            "year": number,
            "newsletters": {
                slug: {**year_summary(report), "files": [str(path) for path in files[slug]]}
                for slug, report in sent.items()
            },
        },
        *[f"wrote {path}" for paths in files.values() for path in paths],
    )
    return OK
