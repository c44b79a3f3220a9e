"""/people/import: upload a file of people, see what would become of it, import it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.pipeline.import_people import FileShape, look_into, require_list
from newsletter.pipeline.lists import all_lists
from newsletter.rendering.safe_text import one_line
from newsletter.store.audit import record
from newsletter.store.people_imports import (
    RUNNING,
    ImportChoices,
    ImportState,
    PeopleImport,
    add_import,
    choose,
    content_of,
    drop_import,
    find_import,
    newest_imports,
)
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.people.words import NOTICES, STATUSES
from newsletter.web.reader.answers import text
from newsletter.web.signin.pages import row_id

LONGEST_FILE = 20_000_000
"""Octets, as over the API."""

LONGEST_FORM = LONGEST_FILE + 100_000

SHOWN = 20

COLUMNS = {
    "email": "Address",
    "name": "Name",
    "tags": "Follows",
    "status": "Status",
    "time_zone": "Time zone",
    "mail_format": "How mails look",
}
"""What a column may be, in an editor's words."""

ALL_ACTIVE = "-"
"""The choice of a status column that says: there is none, and all of them are subscribed."""

STATES = {
    ImportState.CHECKING: "Being checked",
    ImportState.CHECKED: "Ready",
    ImportState.REFUSED: "Not usable yet",
    ImportState.IMPORTING: "Being imported",
    ImportState.DONE: "Imported",
    ImportState.FAILED: "Failed",
    ImportState.DROPPED: "Dropped",
}


class ImportPage:
    """GET shows uploads and what became of them; POST uploads, checks, imports or drops."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The form, and the latest imports."""
        return await self._form(request)

    async def upload(self, request: Request) -> Response:
        """Keep a file and begin to check it."""
        editor = await self.context.editor(request)
        form = await request.form()
        number = await outcome_of(self._kept(editor.address, form))
        if isinstance(number, NewsletterError):
            return await self._form(request, problem=number)
        self.context.imports.start()
        return self._redirect(f"/import/{number}")

    async def show(self, request: Request) -> Response:
        """One import: its progress, what would become of the file, or its report."""
        values = await run_in_threadpool(self._read, request)
        notice = NOTICES.get(request.query_params.get("done", ""), "")
        return await self.context.page(
            request, "people/import.html.j2", {**values, "notice": notice}
        )

    async def post(self, request: Request) -> Response:
        """Check the file anew, import it, or drop it."""
        editor = await self.context.editor(request)
        form = await request.form()
        done = await run_in_threadpool(self._act, request, editor.address, form)
        self.context.imports.start()
        return self._redirect(done)

    async def _kept(self, editor: str, form: FormData) -> int:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InputError("there is no file", fix="choose one")
        content = await file.read()
        if not content.strip():
            raise InputError("the file is empty", fix="choose another")
        return await run_in_threadpool(self._keep, editor, file.filename, content, form)

    async def _form(self, request: Request, *, problem: NewsletterError | None = None) -> Response:
        def read() -> dict[str, Any]:
            with self.context.site.database.transaction(read_only=True) as connection:
                imports = newest_imports(connection, SHOWN)
            return {
                "known": [one for one in all_lists(self.context.site) if not one.closed_at],
                "imports": imports,
            }

        values = {
            **await run_in_threadpool(read),
            "states": STATES,
            "problem": problem,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "people/imports.html.j2", values, status)

    def _keep(self, editor: str, file_name: str, content: bytes, form: FormData) -> int:
        choices = _choices(form, {})
        require_list(self.context.site, choices.list_slug)
        with self.context.site.database.transaction() as connection:
            return add_import(
                connection,
                who=editor,
                file_name=one_line(file_name)[:200],
                content=content,
                choices=choices,
                now=self.context.clock(),
            )

    def _act(self, request: Request, editor: str, form: FormData) -> str:
        site, now = self.context.site, self.context.clock()
        with site.database.transaction() as connection:
            one = _found(find_import(connection, _number(request)))
            detail = f"{one.file_name} to {one.choices.list_slug}"
            match form.get("action"):
                case "drop":
                    drop_import(connection, one.id, now)
                    return "/import?done=import-dropped"
                case "import" if one.state is ImportState.CHECKED:
                    if choose(connection, one.id, one.choices, ImportState.IMPORTING):
                        record(
                            connection, who=editor, what="import readers", detail=detail, now=now
                        )
                case "check":
                    choices = _choices(form, {"list": one.choices.list_slug})
                    choose(connection, one.id, choices, ImportState.CHECKING)
        return f"/import/{one.id}"

    def _read(self, request: Request) -> dict[str, Any]:
        site = self.context.site
        with site.database.transaction(read_only=True) as connection:
            one = _found(find_import(connection, _number(request)))
            waits = one.state in (ImportState.CHECKED, ImportState.REFUSED)
            content = content_of(connection, one.id) if waits else None
        return {
            "one": one,
            "state_words": STATES[one.state],
            "is_running": one.state in RUNNING,
            "share": min(100, 100 * one.done // max(1, one.octets)),
            "shape": None if content is None else _shape(content, one.file_name),
            "columns": COLUMNS,
            "all_active": ALL_ACTIVE,
            "statuses": STATUSES,
            "zone": site.settings.site.zone,
            "fix": _fix(one),
        }

    def _redirect(self, path: str) -> Response:
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/people{path}", status_code=303)


def _choices(form: FormData, given: Mapping[str, str]) -> ImportChoices:
    """What the form says of the file's columns, and of its people."""
    mapping = {column: text(form, f"column-{column}") for column in COLUMNS}
    mapping = {column: header for column, header in mapping.items() if header}
    if mapping.get("status") == ALL_ACTIVE:
        mapping["status"] = ""
    return ImportChoices(
        list_slug=given.get("list") or text(form, "list"),
        mapping=mapping,
        confirm=text(form, "who") == "ask",
        left=text(form, "who") == "left",
    )


def _number(request: Request) -> int:
    return row_id(str(request.path_params["number"])) or 0


def _found(one: PeopleImport | None) -> PeopleImport:
    if one is None:
        raise UnknownNameError("there is no such import any more")
    return one


def _shape(content: bytes, file_name: str) -> FileShape | None:
    try:
        return look_into(content, file_name)
    except NewsletterError:
        return None  # the refusal says why


def _fix(one: PeopleImport) -> str:
    """What the editor can do about a file that is refused."""
    if one.state is not ImportState.REFUSED:
        return ""
    return (
        "Say below which column is which. If a column says who left, choose it as the status; "
        "if they all left, choose that; drop the file if it is the wrong one."
    )
