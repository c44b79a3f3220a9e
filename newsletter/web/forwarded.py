"""Takes a request's client and scheme from what trusted proxies say (X-Forwarded-For, -Proto)."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.config.proxies import TrustedProxies, client_address

SCHEMES = frozenset({"http", "https"})


class Forwarded:
    """ASGI middleware; see `client_address` for whom it believes."""

    def __init__(self, app: ASGIApp, trusted: TrustedProxies) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            peer, port = scope["client"] or ("", 0)
            hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
            client = client_address(peer, [hop for hop in hops if hop.strip()], self.trusted)
            scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
            if scheme not in SCHEMES or not self.trusted.trusts(peer):
                scheme = scope["scheme"]
            scope = {**scope, "client": (client, port), "scheme": scheme}
        await self.app(scope, receive, send)
