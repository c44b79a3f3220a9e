"""The plot of a rehearsal. Pure."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from newsletter.pipeline.rehearsal.season import RehearsedIssue, Season, Trouble
from newsletter.rendering.bar_plot import Bar, Panel, draw_panels
from newsletter.rendering.lint.size import CLIPPED


def season_svg(season: Season, zone: ZoneInfo) -> str:
    """The stories, size and minutes of each issue, a row of bars for each, by newsletter."""
    first, last = season.start.astimezone(zone), season.end.astimezone(zone)
    panels = []
    for slug in dict.fromkeys(issue.newsletter for issue in season.issues):
        issues = [issue for issue in season.issues if issue.newsletter == slug]

        def bars(
            value: Callable[[RehearsedIssue], float],
            unit: str,
            *troubles: Trouble,
            issues: list[RehearsedIssue] = issues,
        ) -> list[Bar]:
            return [_bar(issue, value(issue), unit, troubles, zone) for issue in issues]

        panels += [
            Panel(
                title=f"{slug}: stories",
                bars=bars(
                    lambda issue: issue.stories, "stories", Trouble.THIN, Trouble.NEARLY_THIN
                ),
            ),
            Panel(
                title=f"{slug}: size in kB",
                bars=bars(
                    lambda issue: issue.octets / 1000, "kB", Trouble.CLIPPED, Trouble.BLOCKED
                ),
                limit=(CLIPPED / 1000, "clipped"),
            ),
            Panel(
                title=f"{slug}: minutes until all have it",
                bars=bars(_minutes, "min", Trouble.LATE),
            ),
        ]
    return draw_panels(f"Rehearsal, {first:%-d %B %Y} to {last:%-d %B %Y}", panels)


def _minutes(issue: RehearsedIssue) -> float:
    return (issue.ends - issue.due).total_seconds() / 60 if issue.ends else 0.0


def _bar(
    issue: RehearsedIssue, value: float, unit: str, troubles: tuple[Trouble, ...], zone: ZoneInfo
) -> Bar:
    day = issue.due.astimezone(zone)
    return Bar(
        label=f"{day.day} {day:%b}",
        value=value,
        shown=f"{value:,.{0 if unit == 'stories' else 1}f} {unit}",
        note=", ".join(trouble for trouble in issue.troubles if trouble in troubles),
    )
