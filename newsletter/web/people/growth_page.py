"""/people/growth: who joined and who left, by day and by way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.pipeline.growth import growth_days
from newsletter.pipeline.lists import all_lists
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.people.growth_plot import HEIGHT, draw_growth, periods_of

SPANS = {"30": "30 days", "90": "90 days", "365": "A year"}
"""The lengths to choose from, in days."""


class GrowthPage:
    """Shows the growth of a list, or of all; changes nothing."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The plot, and the same numbers as a table."""
        span = request.query_params.get("days", "30")
        span = span if span in SPANS else "30"
        list_slug = request.query_params.get("list", "")
        values = await run_in_threadpool(self._read, span, list_slug)
        return await self.context.page(request, "people/growth.html.j2", values)

    def _read(self, span: str, list_slug: str) -> dict[str, Any]:
        site = self.context.site
        days = growth_days(
            site,
            list_slug=list_slug or None,
            days=timedelta(days=int(span)),
            now=self.context.clock(),
        )
        periods = periods_of(days)
        joined: Counter[str] = sum((period.joined for period in periods), Counter())
        left: Counter[str] = sum((period.left for period in periods), Counter())
        return {
            "known": all_lists(site),
            "list_slug": list_slug,
            "span": span,
            "spans": SPANS,
            "periods": periods,
            "plot": draw_growth(periods),
            "height": HEIGHT,
            "joined": joined.most_common(),
            "left": left.most_common(),
            "net": joined.total() - left.total(),
            "bounces": sum(sum(day.bounces.values()) for day in days),
            "asked": sum(day.asked for day in days),
        }
