"""/sign-in: by password, or by a mailed link that works once.

The answers do not reveal whether an address is known.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import InputError, NewsletterError
from newsletter.store import audit
from newsletter.store.sessions import (
    editor_of_link,
    is_first_link,
)
from newsletter.store.sessions import use_link as take_link
from newsletter.store.users import (
    Editor,
    Role,
    save_user,
)
from newsletter.web.reader.answers import read_form, text
from newsletter.web.signin.attempts import (
    SignInAnswer,
    SignInOutcome,
    admit,
    attempt_password,
    make_mailed_link,
    may_attempt,
    note_wrong_password,
)
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.csrf import is_same_origin
from newsletter.web.signin.outcome_pages import answer_outcome, safe_path, sign_in_page
from newsletter.web.signin.pages import page, refused
from newsletter.web.signin.passwords import hash_password
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


async def show_form(request: Request) -> Response:
    """Show the sign-in form."""
    return sign_in_page(request, next_page=request.query_params.get("next", ""))


async def take_form(request: Request) -> Response:
    """Sign in by password, or mail a link when none is given."""
    if not is_same_origin(request):
        return refused(request, "other-site")
    form = await read_form(request) or FormData()
    next_page = text(form, "next")
    password = "" if text(form, "way") == "link" else text(form, "password")
    address = text(form, "address")
    if not password:
        return await _answer_link(request, address, next_page)
    threads = auth_context_of(request).password_threads
    if threads.are_too_busy():
        return refused(request, "unavailable", 503)
    outcome = await threads.run(attempt_password, request, address, password)
    response = answer_outcome(request, outcome, next_page, address=address)
    if outcome.answer is SignInAnswer.WRONG and not (outcome.session or outcome.awaits_code):
        # After the answer, as below: only an editor's failures are recorded.
        response.background = BackgroundTask(note_wrong_password, request, address)
    return response


async def show_link(request: Request) -> Response:
    """Show who would be signed in, and a button. Mail scanners open links, so GET changes nothing."""
    editor, is_first = await run_in_threadpool(_owner_of_link, request)
    if editor is None and not is_first:
        return refused(request, "bad-link", 404)
    return _link_page(request, editor)


async def use_link(request: Request) -> Response:
    """Sign in by the link, once. A new site's first link also creates its first publisher."""
    if not is_same_origin(request):
        return refused(request, "other-site")
    form = await read_form(request) or FormData()
    try:
        outcome = await run_in_threadpool(
            _use, request, text(form, "address"), text(form, "name"), text(form, "password")
        )
    except (AddressError, InputError) as error:
        typed = {"address": text(form, "address"), "name": text(form, "name")}
        return _link_page(request, None, problem=_sentence(error), **typed, status=422)
    if outcome is None:
        return refused(request, "bad-link", 404)
    return answer_outcome(request, outcome, request.query_params.get("next", ""))


async def _answer_link(request: Request, address: str, next_page: str) -> Response:
    if not await run_in_threadpool(may_attempt, request, address, "link"):
        return refused(request, "too-often", 429)
    response = sign_in_page(
        request, next_page=next_page, address=address, notice=SignInAnswer.LINK.value
    )
    # After the answer, so that its timing does not reveal whether the address is known.
    response.background = BackgroundTask(_mail_link, request, address, next_page)
    return response


def _link_page(
    request: Request,
    editor: Editor | None,
    *,
    address: str = "",
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    context = {"editor": editor, "address": address, "name": name, "problem": problem}
    return page(request, "signin/link.html.j2", context, status)


def _owner_of_link(request: Request) -> tuple[Editor | None, bool]:
    auth, token = auth_context_of(request), request.path_params["token"]
    with auth.database.transaction(read_only=True) as connection:
        now = auth.clock()
        return editor_of_link(connection, token, now), is_first_link(connection, token, now)


def _sentence(error: AddressError | InputError) -> str:
    problem = error.problem
    text = f"{problem.message}: {problem.fix}" if isinstance(error, InputError) else str(error)
    return text[:1].upper() + text[1:]


def _use(request: Request, address: str, name: str, password: str) -> SignInOutcome | None:
    auth, token = auth_context_of(request), request.path_params["token"]
    now = auth.clock()
    with auth.database.transaction() as connection:
        editor = editor_of_link(connection, token, now)
        if editor is None and is_first_link(connection, token, now):
            parse_address(address)  # raises before the link is used
            if take_link(connection, token):  # undone if the password is too short
                editor, _is_new = save_user(
                    connection,
                    address,
                    name=name.strip()[:200],
                    role=Role.PUBLISHER,
                    now=now,
                    password_hash=hash_password(password) if password else None,
                )
                audit.record(
                    connection, who=editor.address, what="add user", detail="the first", now=now
                )
        elif editor is not None and not take_link(connection, token):
            editor = None
        return admit(request, connection, editor, "by link") if editor is not None else None


def _mail_link(request: Request, address: str, next_page: str) -> None:
    auth: AuthContext = auth_context_of(request)
    # Anybody may ask for the link, so nothing but a page of ours gets into the editor's mail.
    is_ours = safe_path(next_page, auth.base_path) == next_page
    query = f"?next={quote(next_page, safe='/')}" if is_ours else ""
    try:
        made = make_mailed_link(request, address)
        if made is not None:
            editor, token = made
            auth.send_link(editor.address, editor.name, f"{auth.url}/sign-in/link/{token}{query}")
    except NewsletterError:
        strangers.exception("the sign-in link for an editor could not be sent")
