"""The routes of the readers' pages: joining, preferences, leaving, an issue in the browser."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from newsletter.site.clicks import ClickCounter
from newsletter.site.picture_addresses import POLICY
from newsletter.web.reader.address_change import PURPOSES, AddressChangePage
from newsletter.web.reader.answers import trouble
from newsletter.web.reader.clicks import ClickPage
from newsletter.web.reader.join import JoinPage
from newsletter.web.reader.landing import LandingPage
from newsletter.web.reader.links import LinksPage
from newsletter.web.reader.mailed import LASTS, MailedPage
from newsletter.web.reader.preferences import PreferencesPage
from newsletter.web.reader.private_feed import PrivateFeedPage
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.scanner_trap import scanner_trap
from newsletter.web.reader.site_files import site_file_routes
from newsletter.web.reader.suggest import SuggestPage
from newsletter.web.reader.unsubscribe import UnsubscribePage
from subscribers.tokens import Purpose

ARCHIVE_HEADERS = {
    # An issue contains strangers' HTML, although sanitised: it may show pictures from here and
    # its own styles and open links, and nothing else.
    "Content-Security-Policy": (
        f"default-src 'none'; {POLICY}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox "
        "allow-top-navigation-by-user-activation"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
}


def reader_routes(context: ReaderContext, clicks: ClickCounter) -> list[Route]:
    """The routes, for any Starlette application. GET changes nothing (rule 5)."""
    unsubscribe, preferences = UnsubscribePage(context), PreferencesPage(context)
    join, links = JoinPage(context), LinksPage(context)
    suggest = SuggestPage(context)
    click, feed = ClickPage(context, clicks), PrivateFeedPage(context)

    async def edition(request: Request) -> Response:
        found = await run_in_threadpool(
            context.find_edition,
            request.path_params["newsletter"],
            request.path_params["number"],
            request.path_params["edition_key"],
        )
        if found is None:
            return trouble(context, "no-issue", 404)
        # Search engines have the issue at its own address, if everybody may see it.
        return HTMLResponse(found, headers={**ARCHIVE_HEADERS, "X-Robots-Tag": "noindex"})

    return [
        Route("/", LandingPage(context).get, methods=["GET"]),
        Route("/u/{token}", unsubscribe.get, methods=["GET"]),
        Route("/u/{token}", unsubscribe.post, methods=["POST"]),
        Route("/p/{token}", preferences.get, methods=["GET"]),
        Route("/p/{token}", preferences.post, methods=["POST"]),
        Route("/feed/{token}.{form}", feed.get, methods=["GET"]),
        Route("/c/{token}", click.get, methods=["GET"]),
        Route("/join/{list}", join.get, methods=["GET"]),
        Route("/join/{list}", join.post, methods=["POST"]),
        Route("/join/{list}", join.options, methods=["OPTIONS"]),
        Route("/suggest/{newsletter}", suggest.get, methods=["GET"]),
        Route("/suggest/{newsletter}", suggest.post, methods=["POST"]),
        Route("/links/{list}", links.get, methods=["GET"]),
        Route("/links/{list}", links.post, methods=["POST"]),
        *_mailed_routes(context),
        Route(
            "/archive/{newsletter}/{number:int}/{edition_key}",
            edition,
            methods=["GET"],
        ),
        Route("/robot", scanner_trap(context), methods=["GET"]),
        *site_file_routes(context),
    ]


def _mailed_routes(context: ReaderContext) -> list[Route]:
    """The pages behind links that have one purpose and expire."""
    pages: dict[Purpose, MailedPage | AddressChangePage] = {
        **{purpose: MailedPage(context, purpose) for purpose in LASTS},
        **{purpose: AddressChangePage(context, purpose) for purpose in PURPOSES},
    }
    return [
        Route(f"/{purpose}/{{token}}", endpoint, methods=[method])
        for purpose, page in pages.items()
        for method, endpoint in (("GET", page.get), ("POST", page.post))
    ]
