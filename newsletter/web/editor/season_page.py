"""/desk/SLUG/season: what would become of the coming issues, rehearsed when an editor asks for it."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError
from newsletter.pipeline.rehearsal.plot import season_svg
from newsletter.pipeline.rehearsal.replay import Flow
from newsletter.pipeline.rehearsal.season import Trouble
from newsletter.web.editor.editor_context import EditorContext

WEEKS = (4, 12, 26, 52)
"""How many coming weeks an editor can choose."""

TROUBLES = {
    Trouble.THIN: "Too few articles: it would be skipped",
    Trouble.NEARLY_THIN: "With one article fewer it would be skipped",
    Trouble.CLIPPED: "Too long: Gmail would cut it off",
    Trouble.BLOCKED: "A mistake would have to be mended first",
    Trouble.LATE: "Late: the last readers would get it too long after its time",
}

FLOWS = {
    Flow.STEADY: "",
    Flow.SILENT: "Nothing lately",
    Flow.DRY: "Nothing in all these weeks",
}


class SeasonPage:
    """GET shows the last rehearsal of a newsletter; POST begins another."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """What has become of it, or that it is under way."""
        slug = str(request.path_params["slug"])
        site = self.context.site
        rehearsal = self.context.rehearsals.last(slug)
        season = rehearsal.season if rehearsal else None
        zone = site.settings.site.zone
        values = {
            "slug": slug,
            "title": site.newsletter(slug).title,
            "paused": site.newsletter(slug).paused,
            "rehearsal": rehearsal,
            "season": season,
            "plot": season_svg(season, zone, is_headed=False) if season and season.issues else "",
            "weeks": WEEKS,
            "troubles": TROUBLES,
            "flows": FLOWS,
            "duration": duration,
            "zone": zone,
        }
        return await self.context.page(request, "season.html.j2", values)

    async def post(self, request: Request) -> Response:
        """Begin a rehearsal and return to the page."""
        slug = str(request.path_params["slug"])
        site = self.context.site
        site.newsletter(slug)
        weeks = {str(count): count for count in WEEKS}.get(str((await request.form()).get("weeks")))
        if weeks is None:
            raise InputError(
                "it is not said how many weeks are to be rehearsed", fix="choose one of the lengths"
            )
        self.context.rehearsals.start(slug, weeks=weeks, now=self.context.clock())
        return RedirectResponse(
            f"{site.settings.site.base_path}/desk/{slug}/season", status_code=303
        )


def duration(takes: timedelta | None) -> str:
    """How long a send takes, in words; nothing if that is not known."""
    if takes is None:
        return ""
    minutes = round(takes.total_seconds() / 60)
    if minutes < 1:
        return "Under a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"
