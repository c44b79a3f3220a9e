"""/desk/…/preview and its frame: the issue as readers will get it, from the bytes that are sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.pipeline.reader_copy import Reader, copy_for, message_of
from newsletter.pipeline.reader_view import ReaderView, comparable, earlier_texts, view_as_reader
from newsletter.rendering.lint.size import CLIPPED, NEAR
from newsletter.rendering.mail_clients import MAIL_CLIENTS, MailClient, client_of
from newsletter.rendering.read_aloud import read_aloud
from newsletter.web.editor.differences import differences
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.forms import item_id
from newsletter.web.editor.framing import (
    Mark,
    Scheme,
    frame_policy,
    framed,
    mark_of,
    plain_frame,
    read_mark,
    with_place,
)

PARTS = {
    "html": "HTML",
    "text": "Text",
    "aloud": "Read aloud",
    "headers": "Headers",
    "raw": "Source",
    "changes": "Changes",
}
WIDTHS = {"desktop": 720, "mobile": 375}
NARROWEST, WIDEST = 280, 1200


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What the page's controls ask for, validated. Without any, the mail is shown as sent."""

    part: str
    width: int
    client: MailClient | None
    scheme: Scheme
    images: bool
    styles: bool
    targets: bool
    mark: Mark | None
    reader: Reader
    against: str

    def query(self, **changes: object) -> str:
        """The query string for this view, with some values changed."""
        plain: dict[str, object] = {
            "part": self.part,
            "width": self.width,
            "client": self.client.key if self.client else "",
            "scheme": self.scheme,
            "images": "" if self.images else "off",
            "styles": "" if self.styles else "off",
            "targets": "on" if self.targets else "",
            "mark": self.mark or "",
            "as": self.reader.address,
            "tags": ",".join(self.reader.tags),
            "against": self.against,
            **changes,
        }
        return urlencode({name: value for name, value in plain.items() if value != ""})


def read_view(query: QueryParams) -> View:
    """The view that a URL asks for; invalid values get their defaults."""
    part, scheme = query.get("part", ""), query.get("scheme", "")
    return View(
        part=part if part in PARTS else "html",
        width=_width(query.get("width", "")),
        client=client_of(query.get("client", "")),
        scheme=scheme if scheme in get_args(Scheme) else "sent",  # type: ignore[arg-type] # checked by the condition
        images=query.get("images") != "off",
        styles=query.get("styles") != "off",
        targets=query.get("targets") == "on",
        mark=read_mark(query.get("mark", "")),
        reader=Reader(
            address=query.get("as", "").strip()[:320],
            tags=tuple(
                tag.strip()
                for text in query.getlist("tags")
                for tag in text.split(",")
                if tag.strip()
            )[:40],
        ),
        against="last" if query.get("against") == "last" else "approved",
    )


class PreviewPage:
    """Shows the preview page and the frame in it; neither changes anything."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The page around the frame."""
        issue = await self.context.issue(request)
        view = read_view(request.query_params)
        problem: UnknownNameError | None = None
        try:
            reader_view = await run_in_threadpool(self._reader_view, issue, view.reader)
        except UnknownNameError as error:
            if not view.reader.address:
                raise
            problem = error
            reader_view = await run_in_threadpool(self._reader_view, issue, Reader())
        context = await run_in_threadpool(self._context, issue, view, reader_view)
        context["problem"] = problem
        if problem is not None:
            context["framed_view"] = replace(view, reader=Reader())
        return await self.context.page(request, "preview.html.j2", context)

    async def frame(self, request: Request) -> Response:
        """The document in the frame."""
        issue = await self.context.issue(request)
        view = read_view(request.query_params)
        page = await run_in_threadpool(self._frame, issue, view)
        shown = request.query_params.get("at")
        for item in issue.items if shown else ():
            if item_id(item.article) == shown:
                page = with_place(page, item.article.url)
        return HTMLResponse(
            self.context.pictures.in_html(page),
            headers={
                "Content-Security-Policy": frame_policy(images=view.images),
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
                "X-Robots-Tag": "noindex, nofollow",
                "X-Content-Type-Options": "nosniff",
            },
        )

    def _frame(self, issue: Issue, view: View) -> str:
        copy = copy_for(self.context.site, issue, view.reader, now=self.context.clock())
        match view.part:
            case "text":
                return plain_frame(copy.text)
            case "headers":
                return plain_frame(_headers(message_of(self.context.site, issue, copy)))
            case "raw":
                message = message_of(self.context.site, issue, copy)
                return plain_frame(message.decode("utf-8", "replace"))
            case _:
                return framed(
                    copy.uncounted.html,
                    client=view.client,
                    scheme=view.scheme,
                    styles=view.styles,
                    targets=view.targets,
                    mark=view.mark,
                )

    def _reader_view(self, issue: Issue, reader: Reader) -> ReaderView:
        site, now = self.context.site, self.context.clock()
        counted = self.context.audiences.of(site, issue, now=now)
        groups = counted.groups if counted else {}
        return view_as_reader(site, issue, reader, now=now, groups=groups)

    def _context(self, issue: Issue, view: View, reader_view: ReaderView) -> dict[str, Any]:
        site = self.context.site
        newsletter = site.newsletter(issue.newsletter)
        earlier = earlier_texts(site, issue)
        against = view.against if view.against in earlier else next(iter(earlier), "")
        tags = {tag.slug: tag.label for item in issue.shown_items for tag in item.article.tags}
        return {
            "issue": issue,
            "newsletter": newsletter,
            "url": self.context.desk_url(issue),
            "view": view,
            "framed_view": view,
            "mark_of": mark_of,
            "reader_view": reader_view,
            "is_counting": self.context.audiences.of(site, issue, now=self.context.clock()) is None,
            "parts": PARTS,
            "widths": WIDTHS,
            "clients": MAIL_CLIENTS,
            "bounds": (NARROWEST, WIDEST),
            "tags": sorted(tags.items(), key=lambda pair: pair[1].casefold()),
            "zone": site.settings.site.zone,
            "clipped": CLIPPED,
            "near": NEAR,
            "earlier": earlier,
            "against": against,
            "spoken": read_aloud(reader_view.edition.html) if view.part == "aloud" else (),
            "lines": differences(earlier[against], comparable(reader_view.edition))
            if against
            else [],
        }


def _headers(message: bytes) -> str:
    return message.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")


def _width(text: str) -> int:
    if _is_small_number(text):
        return min(max(int(text), NARROWEST), WIDEST)
    return WIDTHS["desktop"]


def _is_small_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 7
