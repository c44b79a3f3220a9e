"""A page to leaf through the caught mail: every reader's message as HTML, text and source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html as lxml_html
from lxml.etree import XPath
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from tests.demo.catcher import CaughtMail

PAGES = Path(__file__).parent / "pages"
WEB_VIEW = re.compile(r"/archive/[\w-]+/\d+/(\w+)")
HEADLINES = XPath("count(//h2[.//a]|//h3[.//a])")
# What a strange message may do inside its frame: show styles and pictures, nothing else.
BODY_POLICY = "default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaughtEdition:
    """The messages that share one edition, with their numbers in the order of arrival."""

    key: str
    subject: str
    stories: int
    kilobytes: float
    mails: tuple[tuple[int, CaughtMail], ...]


def group_by_edition(mails: Sequence[CaughtMail]) -> list[CaughtEdition]:
    """The editions among the mails, the one with most stories first.

    A message tells its edition by the address of its web view.
    """
    groups: dict[str, list[tuple[int, CaughtMail]]] = {}
    for number, mail in enumerate(mails):
        found = WEB_VIEW.search(mail.part("plain"))
        groups.setdefault(found[1] if found else "", []).append((number, mail))
    editions = [_edition(key, group) for key, group in groups.items()]
    return sorted(editions, key=lambda edition: (-edition.stories, edition.key))


def _edition(key: str, group: list[tuple[int, CaughtMail]]) -> CaughtEdition:
    first = group[0][1]
    stories: Any = HEADLINES(lxml_html.fromstring(first.part("html")))
    return CaughtEdition(
        key=key,
        subject=str(first.message["Subject"]),
        stories=int(stories),
        kilobytes=round(max(len(mail.content) for _, mail in group) / 1000, 1),
        mails=tuple(sorted(group, key=lambda pair: pair[1].recipient)),
    )


def inbox_application(mails: Sequence[CaughtMail], *, title: str, site_url: str) -> Starlette:
    """Shows `mails`; `site_url` is where the newsletter's own pages are served."""
    templates = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined
    )

    def page(name: str, **values: object) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render(values))

    def mail_of(request: Request) -> tuple[int, CaughtMail]:
        number = int(request.path_params["number"])
        if number >= len(mails):
            raise HTTPException(404)
        return number, mails[number]

    async def index(request: Request) -> Response:
        editions = group_by_edition(mails)
        first = editions[0].mails[0][0] if editions else 0
        return page(
            "inbox.html.j2",
            mails=mails,
            editions=editions,
            first=first,
            title=title,
            site_url=site_url,
        )

    async def view(request: Request) -> Response:
        number, mail = mail_of(request)
        view = request.path_params["view"]
        if view not in ("html", "text", "headers", "source"):
            raise HTTPException(404)
        text = mail.content.decode("utf-8", "replace") if view == "source" else mail.part("plain")
        subject = str(mail.message["Subject"])
        return page("mail.html.j2", number=number, mail=mail, view=view, text=text, subject=subject)

    async def body(request: Request) -> Response:
        html = mail_of(request)[1].part("html")
        # Links open beside the page: inside the sandboxed frame they could not work.
        html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', html, count=1)
        return HTMLResponse(html, headers={"Content-Security-Policy": BODY_POLICY})

    async def source(request: Request) -> Response:
        return Response(mail_of(request)[1].content, media_type="message/rfc822")

    async def style(request: Request) -> Response:
        return FileResponse(PAGES / "style.css", headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/", index),
            Route("/style.css", style),
            Route("/mails/{number:int}.eml", source),
            Route("/mails/{number:int}/body", body),
            Route("/mails/{number:int}/{view}", view),
        ]
    )
