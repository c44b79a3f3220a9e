"""/settings/newsletters/NAME/frame: the coming issue in a look that is being tried."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.rendering.design_tokens import FONTS, ROW_SUMMARIES
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.framing import frame_policy, framed
from newsletter.web.settings.look import html_in_look


class LookFrame:
    """Shows the issue in a theme, a palette, a font and a density; changes nothing."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The document in the frame."""
        site, slug = self.context.site, str(request.path_params["slug"])
        asked = request.query_params
        theme, _, palette = asked.get("look", "").partition(":")
        look = {"theme": theme or site.newsletter(slug).theme, "palette": palette or None}
        for key, known in (("font", FONTS), ("density", ROW_SUMMARIES)):
            if key in asked:
                look[key] = asked[key] if asked[key] in known else None
        html = await run_in_threadpool(html_in_look, site, slug, look, now=self.context.clock())
        headers = {**HEADERS, "Content-Security-Policy": frame_policy(images=True)}
        page = self.context.pictures.in_html(framed(html))
        return HTMLResponse(page, headers={**headers, "Referrer-Policy": "no-referrer"})
