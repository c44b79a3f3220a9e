"""/settings/users and /settings/keys: who may sign in, where they are signed in, and their API keys."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.pipeline.flush_letters import post_or_leave
from newsletter.pipeline.manage_users import (
    change_user,
    end_key,
    invite,
    invite_again,
    remove,
    sign_out,
)
from newsletter.rendering.safe_text import one_line
from newsletter.store.api_tokens import EVERY_SCOPE, all_api_tokens
from newsletter.store.sessions import BrowserSession, all_sessions
from newsletter.store.users import Editor, Role, all_users
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text
from newsletter.web.settings.words import NOTICES, ROLES, SCOPES
from newsletter.web.signin.pages import row_id
from newsletter.web.signin.session import current_session

LONGEST_NAME = 200


class UsersPage:
    """GET shows the people who may sign in; POST invites, changes, signs out or removes one."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """Everybody, with the browsers in which they are signed in."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Do what the button says; what was typed stays where that is refused."""
        editor, form = await self.context.editor(request), await request.form()
        done = await outcome_of(run_in_threadpool(self._act, editor, form))
        if isinstance(done, NewsletterError):
            typed = {name: text(form, name) for name in ("address", "name", "role")}
            return await self._page(request, problem=done, typed=typed)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(
            f"{base}/settings/users?done={done}",
            status_code=303,
            background=BackgroundTask(post_or_leave, self.context.site, self.context.clock),
        )

    def _act(self, editor: Editor, form: FormData) -> str:
        """What was done, by the words of NOTICES."""
        site, now = self.context.site, self.context.clock()
        number = row_id(text(form, "user")) or 0
        match text(form, "action"):
            case "invite":
                address, name = text(form, "address").strip(), _name(form)
                invite(site, address=address, name=name, role=_role(form), by=editor, now=now)
                return "invited"
            case "again":
                invite_again(site, number, by=editor, now=now)
                return "invited"
            case "change":
                change_user(site, number, name=_name(form), role=_role(form), by=editor, now=now)
                return "changed"
            case "remove":
                remove(site, number, by=editor, now=now)
                return "removed"
            case "sign-out":
                sign_out(site, number, row_id(text(form, "session")), by=editor, now=now)
                return "signed-out"
        raise UnknownNameError("this page has no such button")

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        here = await current_session(request)
        values = {
            **await run_in_threadpool(self._read),
            "here": here.id if here else 0,
            "roles": ROLES,
            "typed": typed or {"address": "", "name": "", "role": Role.EDITOR.value},
            "problem": problem,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "settings/users.html.j2", values, status)

    def _read(self) -> dict[str, Any]:
        with self.context.site.database.transaction(read_only=True) as connection:
            users = all_users(connection)
            found = all_sessions(connection, self.context.clock())
        sessions: dict[int, list[BrowserSession]] = defaultdict(list)
        for session in found:
            sessions[session.editor.id].append(session)
        return {"users": [(user, sessions[user.id]) for user in users]}


class KeysPage:
    """GET shows everybody's API keys; POST ends one."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The keys, with what they may be used for, until when, and when they were last used."""
        values = {
            "keys": await run_in_threadpool(self._read),
            "scopes": SCOPES,
            "every_scope": EVERY_SCOPE,
            "now": self.context.clock(),
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        return await self.context.page(request, "settings/keys.html.j2", values)

    async def post(self, request: Request) -> Response:
        """End the key that the form names."""
        editor, form = await self.context.editor(request), await request.form()

        def end() -> None:
            end_key(
                self.context.site,
                row_id(text(form, "user")) or 0,
                text(form, "name"),
                by=editor,
                now=self.context.clock(),
            )

        await run_in_threadpool(end)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/settings/keys?done=ended", status_code=303)

    def _read(self) -> list[Any]:
        with self.context.site.database.transaction(read_only=True) as connection:
            return list(all_api_tokens(connection))


def _name(form: FormData) -> str:
    name = one_line(text(form, "name"))
    if len(name) > LONGEST_NAME:
        raise InputError(f"the name is longer than {LONGEST_NAME} characters", fix="shorten it")
    return name


def _role(form: FormData) -> Role:
    try:
        return Role(text(form, "role"))
    except ValueError as error:
        raise InputError("no role is chosen", field="role", fix="choose one") from error
