"""/audit: the audit log, the newest entries first."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.audit import AuditEntry, entries
from newsletter.web.signin.auth_context import auth_context_of
from newsletter.web.signin.pages import page, row_id

PAGE = 100


async def show(request: Request) -> Response:
    """Show a hundred entries; `?before=ID` shows older ones."""
    before = request.query_params.get("before", "")
    found = await run_in_threadpool(_read, request, row_id(before))
    older = found[-1].id if len(found) == PAGE else None
    return page(request, "signin/audit.html.j2", {"entries": found, "older": older})


def _read(request: Request, before: int | None) -> Sequence[AuditEntry]:
    with auth_context_of(request).database.transaction(read_only=True) as connection:
        return entries(connection, limit=PAGE, before=before)
