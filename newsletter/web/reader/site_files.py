"""Files that browsers and robots ask a site for: style sheet, script, icon, robots.txt, security.txt."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.web.reader.answers import trouble
from newsletter.web.reader.icon import make_icon
from newsletter.web.reader.reader_context import ReaderContext

HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}

NOT_FOR_ROBOTS = (
    "account", "api", "audit", "c", "confirm", "desk", "erase", "export", "health", "links",
    "metrics", "move", "nodes", "p", "people", "robot", "settings", "shared", "sign-in", "sources", "u",
)  # fmt: skip
"""The first segments of paths that no search engine needs: personal links, and the editors' pages."""

SCRIPTS = ("join.js", "zone.js")

SECURITY_LASTS = timedelta(days=180)
"""How long security.txt is valid; RFC 9116 section 2.5.5 recommends less than a year."""


def site_file_routes(context: ReaderContext) -> list[Route]:
    """The routes. A site's own `templates/web` overrides style.css and favicon.ico."""

    async def style(_request: Request) -> Response:
        text = context.templates.get_template("style.css").render()
        return Response(text, media_type="text/css", headers=HEADERS)

    async def script(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        text = context.templates.get_template(f"reader/{name}").render()
        return Response(text, media_type="text/javascript", headers=HEADERS)

    @cache
    def icon() -> bytes:
        own = context.site.folder / "templates" / "web" / "favicon.ico"
        if own.is_file():
            return own.read_bytes()
        slug = next(iter(context.settings.newsletters))
        return make_icon(context.site.theme(slug).tokens.light.accent)

    async def favicon(_request: Request) -> Response:
        return Response(icon(), media_type="image/vnd.microsoft.icon", headers=HEADERS)

    async def robots(_request: Request) -> Response:
        lines = [f"Disallow: {context.path(f'/{name}')}" for name in NOT_FOR_ROBOTS]
        # A path is matched from its beginning: "/p" would also match "/privacy".
        rules = [f"{line}{end}" for line in lines for end in ("$", "/", "?")]
        text = "\n".join(["User-agent: *", *rules, f"Allow: {context.path('/')}", ""])
        return PlainTextResponse(text, headers=HEADERS)

    async def security(_request: Request) -> Response:
        site = context.settings.site
        if site.security_contact is None:
            return trouble(context, "nothing-here", 404)
        contact = site.security_contact
        expires = context.clock().replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [
            f"Contact: {contact if '://' in contact else f'mailto:{contact}'}",
            f"Expires: {expires + SECURITY_LASTS:%Y-%m-%dT%H:%M:%SZ}",
            f"Preferred-Languages: {', '.join(dict.fromkeys((site.language, 'en')))}",
            f"Canonical: {site.url}/.well-known/security.txt",
        ]
        return PlainTextResponse("\n".join([*lines, ""]), headers=HEADERS)

    return [
        Route("/assets/style.css", style, methods=["GET"]),
        *(Route(f"/assets/{name}", script, methods=["GET"]) for name in SCRIPTS),
        Route("/favicon.ico", favicon, methods=["GET"]),
        Route("/robots.txt", robots, methods=["GET"]),
        Route("/.well-known/security.txt", security, methods=["GET"]),
    ]
