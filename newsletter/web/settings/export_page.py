"""/settings/export: everybody, every issue, and a year of a newsletter, as files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.pipeline.export_everybody import export_everybody
from newsletter.pipeline.export_issues import export_issues
from newsletter.pipeline.year import year_documents
from newsletter.site.site import Site
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text

CHUNK = 1 << 16


class ExportPage:
    """GET shows what can be exported; POST gives it as a file, and records who exported it."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """What can be exported."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """The file that the form names."""
        editor, form = await self.context.editor(request), await request.form()
        what = text(form, "what")
        year = _year_of(form) if what == "year" else None
        begun = await outcome_of(run_in_threadpool(self._begin, what, year, editor.address))
        if isinstance(begun, NewsletterError):
            return await self._page(request, begun)
        chunks, kind, ending = begun
        now = self.context.clock().astimezone(self.context.site.settings.site.zone)
        named = f"{year.newsletter}-{year.number}" if year else what
        name = f"{named}-{now:%Y-%m-%d}.{ending}"
        return StreamingResponse(
            chunks,
            media_type=kind,
            headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _page(self, request: Request, problem: NewsletterError | None = None) -> Response:
        status = 200 if problem is None else 409
        site = self.context.site
        values = {
            "problem": problem,
            "titles": {slug: one.title for slug, one in site.settings.newsletters.items()},
            "this_year": self.context.clock().astimezone(site.settings.site.zone).year,
        }
        return await self.context.page(request, "settings/export.html.j2", values, status)

    def _begin(
        self, what: str, year: _Year | None, editor: str
    ) -> tuple[Iterator[bytes] | Iterator[str], str, str]:
        """What the file consists of, its media type, and how its name ends.

        Raises UnknownNameError for a form that names nothing that can be exported, InputError for
        a year without an issue.
        """
        site = self.context.site
        chunks: Iterator[bytes] | Iterator[str]
        match what:
            case "everybody":
                chunks, kind, ending = export_everybody(site), "application/jsonl", "jsonl"
            case "issues":
                chunks, kind, ending = zipped_issues(site), "application/zip", "zip"
            case "year" if year is not None:
                documents = year_documents(
                    site, year.newsletter, year.number, now=self.context.clock()
                )
                chunks, kind, ending = zipped(documents), "application/zip", "zip"
            case _:
                raise UnknownNameError("there is no such file to export", field="what")
        with site.database.transaction() as connection:
            now = self.context.clock()
            detail = f"{year.newsletter} {year.number}" if year else ""
            record(connection, who=editor, what=f"export {what}", detail=detail, now=now)
        return chunks, kind, ending


@dataclass(frozen=True, kw_only=True, slots=True)
class _Year:
    """The year of a newsletter that a form names."""

    newsletter: str
    number: int


def _year_of(form: FormData) -> _Year:
    number = text(form, "year")
    is_year = number.isascii() and number.isdecimal() and len(number) == 4
    return _Year(newsletter=text(form, "newsletter"), number=int(number) if is_year else 0)


def zipped(documents: Mapping[str, str]) -> Iterator[bytes]:
    """A ZIP file of these texts by their names."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in documents.items():
            packed.writestr(name, content)
    yield archive.getvalue()


def zipped_issues(site: Site) -> Iterator[bytes]:
    """A ZIP file of every issue as Markdown and as HTML, made before its first octet is given."""
    with TemporaryFile() as archive:
        with TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w") as packed:
            export_issues(site, None, Path(folder))
            for file in sorted(Path(folder).rglob("*")):
                if file.is_file():
                    packed.write(file, file.relative_to(folder), zipfile.ZIP_DEFLATED)
        archive.seek(0)
        while chunk := archive.read(CHUNK):
            yield chunk
