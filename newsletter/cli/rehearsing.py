"""rehearse: the coming weeks in simulated time, as a table and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.pipeline.rehearsal.document import season_document
from newsletter.pipeline.rehearsal.plot import season_svg
from newsletter.pipeline.rehearsal.rehearse import rehearse as rehearse_season
from newsletter.pipeline.rehearsal.replay import Flow
from newsletter.pipeline.rehearsal.season import (
    RehearsedIssue,
    RehearsedSource,
    Season,
    Trouble,
)
from newsletter.plural import counted
from newsletter.result_codes import OK

_FLOWS = {
    Flow.STEADY: "",
    Flow.SILENT: "silent",
    Flow.DRY: "dry",
}


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--weeks",
    type=click.IntRange(1, 104),
    default=12,
    show_default=True,
    help="How many coming weeks.",
)
@click.option(
    "--past",
    type=click.IntRange(1, 104),
    default=12,
    show_default=True,
    help="From how many past weeks the articles are taken.",
)
@click.option(
    "--plot",
    "plot_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a plot to this file, as SVG.",
)
@json_option
@now_option
@pass_invocation
def rehearse(
    invocation: Invocation, name: str | None, weeks: int, past: int, plot_file: Path | None
) -> int:
    """Rehearse the coming weeks: which issues would be thin, late or too large; nobody gets mail.

    What the sources brought in past weeks comes again, and each issue is drafted, checked and sent
    to a sink on this machine, in simulated time. Nothing is fetched and the site is not changed.

    \b
    Example: newsletter rehearse --weeks 12 --plot season.svg
    """
    site = invocation.site
    slugs = [name] if name else list(site.settings.newsletters)
    for slug in slugs:
        site.newsletter(slug)
    if plot_file is not None and not plot_file.absolute().parent.is_dir():
        raise InputError("there is no such folder", file=str(plot_file.parent), field="--plot")
    season = rehearse_season(site, slugs, weeks=weeks, past=past, now=invocation.now)
    zone = site.settings.site.zone
    if plot_file is not None:
        plot_file.write_text(season_svg(season, zone), encoding="utf-8")
    invocation.answer(season_document(season), *season_lines(season, zone))
    return OK


def season_lines(season: Season, zone: ZoneInfo) -> list[str]:
    """A table of the issues, one of the sources, and a sum."""
    lines = _table(
        ("issue", "due", "stories", "left out", "kB", "readers", "send", ""),
        [_issue_row(issue, zone) for issue in season.issues],
    )
    lines += ["", *_table(
        ("source", "a week", "weeks without", "last", "in issues", ""),
        [_source_row(source, zone) for source in season.sources],
    )]  # fmt: skip
    lines += [f"{slug} is paused and makes no issue" for slug in season.paused]
    counts = [
        f"{count} {trouble}"
        for trouble in Trouble
        if (count := sum(trouble in issue.troubles for issue in season.issues))
    ]
    flows = [
        f"{count} {flow}"
        for flow in (Flow.DRY, Flow.SILENT)
        if (count := sum(source.habit.flow is flow for source in season.sources))
    ]
    return [
        *lines,
        "",
        f"{counted(len(season.issues), 'issue')}: {', '.join(counts) or 'nothing is wrong'}",
        f"{counted(len(season.sources), 'source')}: {', '.join(flows) or 'all bring articles'}",
    ]


def _issue_row(issue: RehearsedIssue, zone: ZoneInfo) -> tuple[str, ...]:
    said = [*issue.troubles]
    others = [rule for rule in issue.blocking if rule != "size"]
    return (
        issue.name,
        f"{issue.due.astimezone(zone):%a %Y-%m-%d %H:%M}",
        str(issue.stories),
        str(issue.left_out),
        f"{issue.octets / 1000:.0f}" if issue.octets else "",
        f"{issue.readers:,}",
        _duration(issue.takes),
        ", ".join([*said, *others, *_last_hour(issue, zone)]),
    )


def _last_hour(issue: RehearsedIssue, zone: ZoneInfo) -> list[str]:
    if issue.last_hour is None:
        return []
    return [f"the last readers' hour comes {issue.last_hour.astimezone(zone):%a %H:%M}"]


def _source_row(source: RehearsedSource, zone: ZoneInfo) -> tuple[str, ...]:
    weeks = source.habit.weeks
    name = source.name if len(source.name) <= 50 else f"{source.name[:49]}…"
    return (
        f"{source.newsletter}: {name}",
        f"{sum(weeks) / len(weeks):.1f}" if weeks else "",
        f"{sum(not count for count in weeks)} of {len(weeks)}" if weeks else "never read",
        f"{source.habit.last.astimezone(zone):%Y-%m-%d}" if source.habit.last else "",
        str(source.carried),
        _FLOWS[source.habit.flow],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; the first and the last are aligned left."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    last = len(head) - 1
    return [
        "  ".join(
            cell.ljust(width) if place in (0, 1, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def _duration(takes: timedelta | None) -> str:
    if takes is None:
        return ""
    seconds = round(takes.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02} min"
