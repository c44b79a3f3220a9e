"""The web as the demo sees it: the sample's feeds, article pages and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from html import escape

from markdown_it import MarkdownIt
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.demo import feeds
from tests.demo.articles import SAMPLE, Publication, SampleArticle, load_publication

FEEDS: dict[str, tuple[str, str, Callable[[Publication, str], bytes]]] = {
    "tin-roof-times": ("rss.xml", "application/rss+xml", feeds.rss),
    "bench-notes": ("atom.xml", "application/atom+xml", feeds.atom),
    "small-web-gazette": ("feed.json", "application/feed+json", feeds.json_feed),
}

STYLE = """
:root { color-scheme: light dark; font: 18px/1.6 Georgia, serif; }
body { max-width: 38rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
img { width: 100%; height: auto; border-radius: 8px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .3rem 0 .6rem; }
.paper, .by, .tags { font: 0.85rem/1.5 system-ui, sans-serif; opacity: .75; }
"""


def sources_application(now: datetime) -> Starlette:
    """Every source of the sample, dated as seen at `now`."""
    publications = {name: load_publication(name, now) for name in FEEDS}
    pages = {
        f"/{article.path}": (publication, article)
        for publication in publications.values()
        for article in publication.articles
    }

    async def feed(request: Request) -> Response:
        name = request.path_params["name"]
        file, media_type, write = FEEDS.get(name, ("", "", feeds.rss))
        if request.path_params["file"] != file:
            return await article_page(request)
        body = write(publications[name], base_of(request))
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(body, media_type=media_type, headers={"ETag": etag})

    async def article_page(request: Request) -> Response:
        if request.url.path not in pages:
            raise HTTPException(404)
        return HTMLResponse(_article_html(*pages[request.url.path], base_of(request)))

    async def note(request: Request) -> Response:
        path = SAMPLE / "site" / "notes" / f"{request.path_params['slug']}.md"
        if path.name not in {known.name for known in path.parent.iterdir()}:
            raise HTTPException(404)
        text = path.read_text(encoding="utf-8").split("---\n", 2)[2]
        return HTMLResponse(_page("A note from the editors", MarkdownIt().render(text)))

    async def tide_clock(request: Request) -> Response:
        text = (SAMPLE / "site" / "saved" / "tide-clock.html").read_text(encoding="utf-8")
        return HTMLResponse(text.replace("$base", base_of(request)))

    return Starlette(
        routes=[
            Mount("/pictures", StaticFiles(directory=SAMPLE / "pictures")),
            Route("/notes/{slug}", note),
            Route("/harbour-lights/tide-clock", tide_clock),
            Route("/{name}/{file}", feed),
        ]
    )


def base_of(request: Request) -> str:
    """The address the asker used, without a trailing slash."""
    return str(request.base_url).rstrip("/")


def _article_html(publication: Publication, article: SampleArticle, base: str) -> str:
    return _page(
        article.title,
        f'<p class="paper">{escape(publication.title)}</p>'
        f"<h1>{escape(article.title)}</h1>"
        f'<p class="by">{escape(article.by)} · {article.published:%d %B %Y}</p>'
        f"{feeds.picture_html(article, base)}{article.body_html}"
        f'<p class="tags">{escape(" · ".join(article.tags))}</p>',
    )


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
