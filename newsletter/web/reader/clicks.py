"""/c/TOKEN: a counted link. It redirects at once; the click is counted after the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.rendering.counted_links import TOKEN
from newsletter.site.clicks import ClickCounter, destination
from newsletter.web.reader.answers import HEADERS, trouble
from newsletter.web.reader.reader_context import ReaderContext

# "cubot" is a brand of phones, not a robot.
_ROBOTS = re.compile(
    r"(?<!cu)bot(?:\b|[/_-])|crawl|spider|slurp|scan|preview|fetch|monitor|facebookexternalhit|headless"
    r"|curl|wget|python|java/|okhttp|go-http|libwww|safelinks|proofpoint|mimecast|barracuda",
    re.IGNORECASE,
)


class ClickPage:
    """GET redirects. It changes nothing about any reader and records no reader (rules 5 and 13)."""

    def __init__(self, context: ReaderContext, book: ClickCounter) -> None:
        self.context = context
        self.book = book

    async def get(self, request: Request) -> Response:
        """Redirect to the link's destination."""
        token = request.path_params["token"]
        is_token = TOKEN.match(token) is not None
        url = await run_in_threadpool(destination, self.context.site, token) if is_token else None
        if url is None:
            return trouble(self.context, "no-link", 404)
        answer = RedirectResponse(url, status_code=302, headers=HEADERS)
        if is_click(request.method, request.headers):
            answer.background = BackgroundTask(self.book.count, token, self.context.clock())
        return answer


def is_click(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person seems to follow the link: not HEAD, not a prefetch, not a known robot."""
    purpose = f"{headers.get('purpose', '')} {headers.get('sec-purpose', '')}"
    agent = headers.get("user-agent", "")
    return (
        method == "GET"
        and "prefetch" not in purpose
        and agent != ""
        and _ROBOTS.search(agent) is None
    )
