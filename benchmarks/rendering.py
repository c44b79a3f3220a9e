"""Measures rendering, by articles in an edition and by editions of an issue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.publication import DOMAIN, SLUG
from benchmarks.stories import make_items
from newsletter.issues.issue import Issue, Item, State, Window
from newsletter.rendering.edition import Edition
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.theme import Theme, open_theme

_DUE = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
_MASTHEAD = Masthead(
    newsletter=SLUG,
    title="Good Gear Weekly",
    site_url=f"https://{DOMAIN}",
    postal_address="Example Media, 1 Example St, Sydney",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendering:
    """The time for `editions` editions of `articles` articles; `octets` is one edition's HTML."""

    articles: int
    editions: int
    seconds: float
    octets: int


def render_issues(
    articles: Sequence[int], editions: Sequence[int], *, repeats: int
) -> list[Rendering]:
    """Render every combination; the seconds are the median of `repeats`."""
    theme = open_theme(None)
    _render(theme, make_items(2, _DUE), 2)  # fills the caches of the process
    return [
        _measure(theme, article_count, edition_count, repeats)
        for article_count in articles
        for edition_count in editions
    ]


def _measure(theme: Theme, articles: int, editions: int, repeats: int) -> Rendering:
    # One article more than an edition has, so that each edition leaves out a different one.
    items = make_items(articles + 1, _DUE)
    times = []
    octets = 0
    for _ in range(repeats):
        started = time.perf_counter()
        for number in range(editions):
            left_out = number % (articles + 1)
            chosen = (*items[:left_out], *items[left_out + 1 :])
            octets = len(_render(theme, chosen, number).html.encode())
        times.append(time.perf_counter() - started)
    return Rendering(articles=articles, editions=editions, seconds=median(times), octets=octets)


def _render(theme: Theme, items: Sequence[Item], number: int) -> Edition:
    issue = Issue(
        newsletter=SLUG,
        number=1,
        state=State.DRAFT,
        window=Window(start=_DUE - timedelta(days=7), end=_DUE),
        due=_DUE,
        subject="The week in gear",
        preheader="",
        items=tuple(items),
    )
    return render_edition(
        issue,
        items,
        masthead=_MASTHEAD,
        theme=theme,
        nonce="0123456789abcdef",
        web_url=f"https://{DOMAIN}/archive/{SLUG}/1/{number}",
    )
