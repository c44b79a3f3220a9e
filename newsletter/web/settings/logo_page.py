"""/settings/newsletters/NAME/logo: the picture that stands for the newsletter's name."""

from __future__ import annotations

import os
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.articles.article import Image
from newsletter.errors import InputError, NewsletterError
from newsletter.issues.crop import read_crop
from newsletter.pipeline.change_settings import change_settings, values_at
from newsletter.pipeline.settings_file import settings_version, why_read_only
from newsletter.pipeline.upload_picture import crop_picture, keep_upload
from newsletter.web.editor.cropping import crop_view
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.editor.forms import Fields
from newsletter.web.editor.issue_page import joined
from newsletter.web.settings.words import NOTICES, friendly

NARROWEST, WIDEST = 16, 552
"""Pixels of the logo in a mail."""


class LogoPage:
    """GET shows the logo; POST uploads, crops, resizes or removes it, and saves that at once."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The logo as it is."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Change it. What is refused is said, and nothing changes."""
        form = await request.form()
        fields = joined(form)
        if fields.get("action") == "show":
            return await self._page(request, asked=fields)
        done = await outcome_of(self._changed(request, form, fields))
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=friendly(done))
        return RedirectResponse(f"{self._url(request)}?done=saved", status_code=303)

    async def _changed(self, request: Request, form: FormData, fields: Fields) -> None:
        editor, file = await self.context.editor(request), form.get("file")
        body = await file.read() if isinstance(file, UploadFile) else b""
        slug = str(request.path_params["slug"])
        await run_in_threadpool(self._do, slug, fields, body, editor.address)

    def _do(self, slug: str, fields: Fields, body: bytes, editor: str) -> None:
        site, now = self.context.site, self.context.clock()
        newsletter = site.newsletter(slug)
        before = Image(url=newsletter.logo or "")
        values: dict[str, Any] = {}
        match fields.get("action"):
            case "remove":
                values, what = {"logo": None}, "none"
            case "width":
                values, what = {"logo_width": _width(fields.get("width", ""))}, "another width"
            case "crop":
                image = crop_picture(site, before, read_crop(fields), now=now)
                values, what = {"logo": image.url}, "another crop"
            case "upload":
                image = keep_upload(site, body, alt="", now=now).image
                values, what = {"logo": image.url}, "another picture"
                if image.width and image.width < newsletter.logo_width:
                    values["logo_width"] = image.width
            case action:
                raise InputError(f"there is no action {action!r} here", fix="reload the page")
        change = values_at(
            ("newsletters", slug),
            values,
            seen=fields.get("seen", ""),
            what=f"Logo of {slug}: {what}",
        )
        change_settings(site, change, os.environ, who=editor, now=now)

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        asked: Fields | None = None,
    ) -> Response:
        site, slug = self.context.site, str(request.path_params["slug"])
        newsletter = site.newsletter(slug)
        read_only = await run_in_threadpool(why_read_only, site)
        values = {
            "url": self._url(request),
            "newsletter": newsletter,
            "narrowest": NARROWEST,
            "widest": WIDEST,
            "crop": await run_in_threadpool(crop_view, site, newsletter.logo or "", asked or {}),
            "read_only": read_only,
            "seen": "" if read_only else await run_in_threadpool(settings_version, site),
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "problem": problem,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "settings/logo.html.j2", values, status)

    def _url(self, request: Request) -> str:
        base = self.context.site.settings.site.base_path
        return f"{base}/settings/newsletters/{request.path_params['slug']}/logo"


def _width(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and NARROWEST <= int(text[:6]) <= WIDEST):
        raise InputError(
            f"{text[:20]!r} is not a width of a logo",
            field="width",
            fix=f"give {NARROWEST} to {WIDEST} pixels",
        )
    return int(text)
