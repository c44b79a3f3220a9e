"""Renders the report of a year: a page with plots that prints, a mail, and an article in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.issues.markdown import escaped
from newsletter.issues.year import MONTHS, YearReport
from newsletter.rendering.bar_plot import Bar, Panel, draw_panels
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.safe_text import one_line, web_link
from newsletter.rendering.theme import shipped_templates
from newsletter.rendering.translation import add_translations, translator

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class YearDocuments:
    """The report as four texts: a page, the HTML and the text of a mail, and an article."""

    page: str
    mail_html: str
    mail_text: str
    article: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of a table with a bar; `width` is in hundredths of the longest."""

    label: str
    count: int
    width: int
    url: str = ""


def render_year(
    report: YearReport, masthead: Masthead, *, own_templates: Path, now: datetime
) -> YearDocuments:
    """Render the report in the newsletter's language; files in `own_templates`/year override ours."""
    templates = _templates(masthead, own_templates)
    context = _context(report, masthead, now)

    def rendered(name: str) -> str:
        return templates.get_template(name).render(context)

    return YearDocuments(
        page=rendered("page.html.j2"),
        mail_html=rendered("mail.html.j2"),
        mail_text=rendered("mail.txt.j2"),
        article=rendered("article.md.j2"),
    )


def _templates(masthead: Masthead, own: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader([own / "year", shipped_templates() / "year"]),
        autoescape=lambda name: (name or "").endswith(".html.j2"),  # noqa: S701 - the others are plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translate = translator(masthead.language, [own, shipped_templates()])
    add_translations(templates, translate, masthead.language)
    templates.filters["markdown"] = lambda text: escaped(one_line(str(text)))
    templates.filters["line"] = one_line
    templates.filters["web_link"] = web_link
    return templates


def _context(report: YearReport, masthead: Masthead, now: datetime) -> dict[str, Any]:
    from babel.dates import get_month_names

    names = get_month_names("abbreviated", locale=masthead.locale)
    months = [names[month] for month in range(1, MONTHS + 1)]
    return {
        "newsletter": masthead,
        "report": report,
        "date": now.isoformat(timespec="seconds"),
        "archive": f"{masthead.site_url}/archive/{masthead.newsletter}",
        "followed": rows_of([(s.title, s.clicks, s.url) for s in report.followed or ()]),
        "sources": rows_of([(name, count, "") for name, count in report.sources]),
        "by_month": rows_of(
            [(name, count, "") for name, count in zip(months, report.by_month, strict=True)]
        ),
        "tags": rows_of([(tag, sum(counts), "") for tag, counts in report.tags]),
        "joined": sum(report.growth.joined),
        "left": sum(report.growth.left),
        "growth": list(zip(months, report.growth.joined, report.growth.left, strict=True)),
        "months": months,
        "plot": partial(_plot, months),
        "tag_plot": partial(_tag_plot, months, report),
    }


def rows_of(counts: Sequence[tuple[str, int, str]]) -> list[Row]:
    """The rows of a table, with bars in proportion to the longest."""
    longest = max((count for _label, count, _url in counts), default=0)
    return [
        Row(label=label, count=count, width=round(100 * count / longest) if longest else 0, url=url)
        for label, count, url in counts
    ]


def _plot(months: Sequence[str], title: str, *series: tuple[str, Sequence[int]]) -> Any:
    from markupsafe import Markup

    panels = [Panel(title=name, bars=_bars(months, counts)) for name, counts in series]
    return Markup(draw_panels(title, panels, is_headed=False))  # noqa: S704 - escaped where it is drawn


def _tag_plot(months: Sequence[str], report: YearReport, title: str) -> Any:
    return _plot(months, title, *report.tags)


def _bars(months: Sequence[str], counts: Sequence[int]) -> list[Bar]:
    return [
        Bar(label=month, value=count, shown=f"{count:,}")
        for month, count in zip(months, counts, strict=True)
    ]
