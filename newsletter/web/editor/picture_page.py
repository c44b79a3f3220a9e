"""/desk/…/picture: the picture of an article or a block is uploaded, copied here, and cropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.articles.article import Image
from newsletter.errors import InputError, NewsletterError
from newsletter.issues.crop import read_crop
from newsletter.issues.desk import EDITABLE
from newsletter.issues.issue import Issue
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.upload_picture import (
    MOST_OCTETS,
    copy_picture,
    crop_picture,
    keep_upload,
)
from newsletter.web.editor.cropping import CropView, crop_view
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.editor.forms import Fields
from newsletter.web.editor.issue_page import IssuePage, joined, seen_version
from newsletter.web.editor.picture_subject import Subject, subject_of

LONGEST_FORM = 2 * MOST_OCTETS
"""Octets; a file that is a little too large is refused in words of its own."""


class PicturePage:
    """GET shows the picture and what may be done to it; POST does it."""

    def __init__(self, context: EditorContext, desk: IssuePage) -> None:
        self.context = context
        self.desk = desk

    async def get(self, request: Request) -> Response:
        """The picture, and the part of it that is shown."""
        issue = await self.context.issue(request)
        return await self._page(request, issue, subject_of(issue, request.query_params))

    async def post(self, request: Request) -> Response:
        """Upload, copy, crop or take away the picture."""
        issue = await self.context.issue(request)
        form = await request.form()
        fields = joined(form)
        if fields.get("action") == "show":
            return await self._page(request, issue, subject_of(issue, fields), asked=fields)
        done = await outcome_of(self._changed(request, issue, form))
        if isinstance(done, NewsletterError):
            status = 422 if isinstance(done, InputError) else 409
            fresh = await run_in_threadpool(self.context.find, issue.newsletter, issue.number)
            if not fields.get("then"):
                return await self.desk.desk(
                    request, fresh, problem=done, typed=fields, status=status
                )
            subject = subject_of(fresh, fields)
            return await self._page(request, fresh, subject, problem=done, status=status)
        subject = subject_of(issue, fields)
        moved = {"done": "still"} if done else {}
        if fields.get("then") == "picture":
            query = urlencode({subject.name: subject.id, **moved})
            return RedirectResponse(f"{self.context.desk_url(issue, 'picture')}?{query}", 303)
        query = f"?{urlencode(moved)}" if moved else ""
        return RedirectResponse(f"{self.context.desk_url(issue)}{query}#{subject.anchor}", 303)

    async def _changed(self, request: Request, issue: Issue, form: FormData) -> bool:
        """Whether it is the first frame of an animation."""
        editor, file = await self.context.editor(request), form.get("file")
        body = await file.read() if isinstance(file, UploadFile) else b""
        return await run_in_threadpool(self._do, issue, joined(form), body, editor.address)

    def _do(self, issue: Issue, fields: Fields, body: bytes, editor: str) -> bool:
        site, now = self.context.site, self.context.clock()
        subject, moved = subject_of(issue, fields), False
        image = subject.image
        match fields.get("action"):
            case "remove":
                image = None
            case "copy" if image:
                image = copy_picture(site, image, now=now)
            case "crop" if image:
                image = crop_picture(site, image, read_crop(fields), now=now)
            case "upload":
                kept = keep_upload(site, body, alt=fields.get("alt", "")[:500], now=now)
                image, moved = kept.image, kept.moved
            case action:
                raise InputError(f"the desk has no action {action!r}", fix="reload the page")
        asked = EditRequest(
            newsletter=issue.newsletter,
            number=issue.number,
            editor=editor,
            seen_version=seen_version(fields.get("seen", "")),
        )
        edit(site, asked, [subject.edit(image)], now=now)
        return moved

    async def _page(
        self,
        request: Request,
        issue: Issue,
        subject: Subject,
        *,
        problem: NewsletterError | None = None,
        asked: Fields | None = None,
        status: int = 200,
    ) -> Response:
        values: dict[str, Any] = {
            "issue": issue,
            "subject": subject,
            "newsletter": self.context.site.newsletter(issue.newsletter),
            "url": self.context.desk_url(issue),
            "here_url": self.context.desk_url(issue, "picture"),
            "editable": issue.state in EDITABLE,
            "crop": await run_in_threadpool(self._crop, subject.image, asked or {}),
            "problem": problem,
            "is_still": request.query_params.get("done") == "still",
        }
        return await self.context.page(request, "picture.html.j2", values, status)

    def _crop(self, image: Image | None, query: Mapping[str, str]) -> CropView | None:
        return crop_view(self.context.site, image.url if image else "", query)
