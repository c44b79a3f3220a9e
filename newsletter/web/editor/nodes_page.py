"""/nodes: which sending nodes are at work, how fast, and what each holds."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.nodes import living_nodes
from newsletter.web.editor.editor_context import EditorContext


class NodesPage:
    """Shows them; the page asks again by itself."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """Those that live at this moment."""
        nodes = await run_in_threadpool(living_nodes, self.context.site.database)
        context = {"nodes": nodes, "zone": self.context.site.settings.site.zone}
        return await self.context.page(request, "nodes.html.j2", context)
