"""year: what a newsletter sent in a year, in sums, as a page, a mail and an article."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time
from pathlib import Path

import sqlalchemy as sa

from newsletter.errors import InputError, NotPermittedError
from newsletter.issues.year import MONTHS, Growth, YearReport, report_of
from newsletter.rendering.year import render_year
from newsletter.site.site import Site
from newsletter.store import year as year_store
from subscribers.growth import growth_of

FILES = {
    "index.html": "page",
    "mail.html": "mail_html",
    "mail.txt": "mail_text",
    "year.md": "article",
}
"""The written files, and which document each is."""


def year_report(site: Site, slug: str, year: int, *, now: datetime) -> YearReport:
    """The sums of the site's calendar year, of this year those until now.

    What was not for everybody is left out: issues for a segment, and sections with a condition.
    """
    zone = site.settings.site.zone
    start, end = (datetime.combine(date(y, 1, 1), time(), zone) for y in (year, year + 1))
    with site.database.transaction(read_only=True) as connection:
        return report_of(
            year,
            year_store.carrying_issues(connection, slug, start=start, end=end),
            year_store.carried_stories(connection, slug, start=start, end=end),
            clicks=year_store.clicks_by_url(connection, slug, start=start, end=end),
            growth=_growth(site, connection, slug, year, now),
            zone=zone,
        )


def year_documents(site: Site, slug: str, year: int, *, now: datetime) -> dict[str, str]:
    """The year's documents by the names of their files.

    Raises UnknownNameError for an unknown newsletter, InputError if nothing was sent in that year.
    """
    site.newsletter(slug)
    report = year_report(site, slug, year, now=now) if 0 < year < date.max.year else None
    if report is None or not report.issues:
        raise InputError(
            f"nothing was sent to everybody in {year or 'that year'}",
            field="year",
            fix="name a year in which issues were sent",
        )
    return _documents(site, slug, report, now)


def year_summary(report: YearReport) -> dict[str, object]:
    """The sums as plain data."""
    followed = report.followed
    return {
        "issues": len(report.issues),
        "stories": report.stories,
        "accepted": report.accepted,
        "followed": None
        if followed is None
        else [{"title": one.title, "url": one.url, "clicks": one.clicks} for one in followed],
        "threads": [
            {"issues": thread.issues, "titles": [story.title for story in thread.stories]}
            for thread in report.threads
        ],
        "sources": dict(report.sources),
        "tags": {tag: list(months) for tag, months in report.tags},
        "joined": list(report.growth.joined),
        "left": list(report.growth.left),
    }


def write_year(
    site: Site, slug: str, report: YearReport, folder: Path, *, now: datetime
) -> list[Path]:
    """Write the year's files into `folder`, which is made.

    Raises NotPermittedError if one of them exists, InputError if the folder cannot be written to.
    """
    paths = {
        folder / name: content for name, content in _documents(site, slug, report, now).items()
    }
    for path in paths:
        if path.exists():
            raise NotPermittedError(
                "this file exists already and is not overwritten",
                file=str(path),
                fix="name another folder with --out, or remove the file",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write here: {error.strerror}", file=str(folder)) from error
    return list(paths)


def _documents(site: Site, slug: str, report: YearReport, now: datetime) -> dict[str, str]:
    documents = render_year(
        report,
        site.masthead(slug),
        own_templates=site.folder / "templates",
        now=now.astimezone(site.settings.site.zone),
    )
    return {name: str(getattr(documents, field)) for name, field in FILES.items()}


def _growth(site: Site, connection: sa.Connection, slug: str, year: int, now: datetime) -> Growth:
    zone = site.settings.site.zone
    until = min(date(year, 12, 31), now.astimezone(zone).date())
    joined: Counter[int] = Counter()
    left: Counter[int] = Counter()
    if until >= date(year, 1, 1):
        for day in growth_of(
            connection,
            since=date(year, 1, 1),
            until=until,
            zone=zone,
            list_slug=site.newsletter(slug).list,
        ):
            joined[day.day.month] += day.joined
            left[day.day.month] += day.gone
    months = range(1, MONTHS + 1)
    return Growth(
        joined=tuple(joined[month] for month in months), left=tuple(left[month] for month in months)
    )
