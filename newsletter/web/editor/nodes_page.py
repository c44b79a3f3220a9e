"""/nodes: which sending nodes are running, how fast, and what each has claimed."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.nodes import living_nodes
from newsletter.web.editor.editor_context import EditorContext


class NodesPage:
    """Shows the nodes. The page reloads its numbers by itself."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The nodes that are alive at this moment."""
        nodes = await run_in_threadpool(living_nodes, self.context.site.database)
        context = {"nodes": nodes, "zone": self.context.site.settings.site.zone}
        return await self.context.page(request, "nodes.html.j2", context)
