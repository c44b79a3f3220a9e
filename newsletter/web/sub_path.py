"""Serves a site below a path, such as https://www.example.org/newsletter.

A proxy in front may pass that path on or strip it. Requests of both kinds are served alike.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send


class SubPath:
    """ASGI middleware that puts the application at `base_path`, "" for the root.

    `base_path` is percent-encoded, as in the site's URL.
    """

    def __init__(self, app: ASGIApp, base_path: str) -> None:
        self.app = app
        self.root = unquote(base_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self.root and scope["type"] in ("http", "websocket"):
            path = self.root + path_below(self.root, scope["path"])
            raw_path = quote(path, safe="/").encode("ascii")
            scope = {**scope, "root_path": self.root, "path": path, "raw_path": raw_path}
        await self.app(scope, receive, send)


def path_below(root: str, path: str) -> str:
    """The path without `root` in front; a path that a proxy has stripped already stays.

    "//join" becomes "/join": it is what nginx makes of `location /newsletter` with a
    `proxy_pass` that ends in a slash.
    """
    below = path[len(root) :] if path == root or path.startswith(f"{root}/") else path
    return "/" + below.lstrip("/")


def route_path(request: Request) -> str:
    """The path that routes are matched with, without the path of the site."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
