"""The plot of a rehearsal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from newsletter.pipeline.rehearsal.season import RehearsedIssue, Season, Trouble
from newsletter.rendering.bar_plot import Bar, Panel, draw_panels
from newsletter.rendering.lint.size import CLIPPED

_THIN = (Trouble.THIN, Trouble.NEARLY_THIN)
_LARGE = (Trouble.CLIPPED, Trouble.BLOCKED)


def season_svg(season: Season, zone: ZoneInfo, *, is_headed: bool = True) -> str:
    """The stories, size and minutes of each issue, a row of bars for each, by newsletter."""
    first, last = season.start.astimezone(zone), season.end.astimezone(zone)
    panels = []
    for slug in dict.fromkeys(issue.newsletter for issue in season.issues):
        issues = [issue for issue in season.issues if issue.newsletter == slug]
        panels += _panels(slug, issues, zone)
    heading = f"Rehearsal, {first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    return draw_panels(heading, panels, is_headed=is_headed)


def _panels(slug: str, issues: Sequence[RehearsedIssue], zone: ZoneInfo) -> list[Panel]:
    stories = [_bar(issue, issue.stories, _THIN, zone) for issue in issues]
    sizes = [_bar(issue, issue.octets / 1000, _LARGE, zone) for issue in issues]
    minutes = [_bar(issue, _minutes(issue), (Trouble.LATE,), zone) for issue in issues]
    if not any(issue.ends for issue in issues):
        minutes = []
    return [
        Panel(title=f"{slug}: stories", bars=stories),
        Panel(title=f"{slug}: size in kB", bars=sizes, limit=(CLIPPED / 1000, "clipped")),
        Panel(title=f"{slug}: minutes until all have it", bars=minutes),
    ]


def _minutes(issue: RehearsedIssue) -> float:
    return (issue.ends - issue.due).total_seconds() / 60 if issue.ends else 0.0


def _bar(issue: RehearsedIssue, value: float, troubles: Sequence[Trouble], zone: ZoneInfo) -> Bar:
    day = issue.due.astimezone(zone)
    return Bar(
        label=f"{day.day} {day:%b}",
        value=value,
        shown=f"{value:,.1f}" if 0 < value < 10 and value % 1 else f"{value:,.0f}",
        note=", ".join(trouble for trouble in issue.troubles if trouble in troubles),
    )
