"""/sign-in/provider: to the identity provider and back."""

from __future__ import annotations

import hmac
import logging

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.config.sign_in import is_same_local_part
from newsletter.errors import IdentityProviderError, UnknownNameError
from newsletter.store import audit
from newsletter.store.users import Editor, Role, find_user, save_user
from newsletter.web.signin.attempts import SignInAnswer, SignInOutcome, admit, may_attempt_here
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.identity_provider import IdentityProvider, Person, ProviderRequest
from newsletter.web.signin.outcome_pages import answer_outcome, sign_in_page
from newsletter.web.signin.pages import refused
from newsletter.web.signin.steps import (
    delete_step_cookie,
    set_step_cookie,
    sign_step,
    step_in_cookie,
)
from subscribers.errors import AddressError
from subscribers.quiet_log import QuietLog

_PURPOSE = "provider"

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


async def leave(request: Request) -> Response:
    """Send the browser to the provider, with what proves later that it comes from here."""
    auth, provider = auth_context_of(request), _provider(request)
    new = provider.new_request()
    try:
        url = await provider.sign_in_url(new, auth.clock())
    except IdentityProviderError as error:
        strangers.warning("an editor could not be sent to the identity provider: %s", error)
        return _failed(request, request.query_params.get("next", ""), 503)
    values = {
        "state": new.state,
        "nonce": new.nonce,
        "verifier": new.verifier,
        "next": request.query_params.get("next", "")[:500],
    }
    response = RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
    set_step_cookie(request, response, sign_step(auth, _PURPOSE, values))
    return response


async def come_back(request: Request) -> Response:
    """Sign in whom the provider has recognised, if they may."""
    auth, provider = auth_context_of(request), _provider(request)
    step, query = step_in_cookie(request, _PURPOSE), request.query_params
    if step is None or not hmac.compare_digest(
        step["state"].encode(), query.get("state", "").encode()
    ):
        return _failed(request, "", 403)
    code = query.get("code", "")
    if not code:  # the person has changed their mind, or the provider refuses
        strangers.warning("the identity provider refuses a sign-in: %.100r", query.get("error", ""))
        return _failed(request, step["next"], 403)
    if not await run_in_threadpool(may_attempt_here, request):  # each asks the provider
        return refused(request, "too-often", 429)
    asked = ProviderRequest(state=step["state"], nonce=step["nonce"], verifier=step["verifier"])
    try:
        person = await provider.recognise(code, asked, auth.clock())
    except IdentityProviderError:
        strangers.exception("an editor could not sign in by the identity provider")
        return _failed(request, step["next"], 503)
    outcome = await run_in_threadpool(_admit, request, provider, person)
    if outcome is None:
        response: Response = refused(request, "not-an-editor")
    else:
        response = answer_outcome(request, outcome, step["next"])
    if outcome is None or outcome.awaits_code is None:
        delete_step_cookie(request, response)
    return response


def _admit(request: Request, provider: IdentityProvider, person: Person) -> SignInOutcome | None:
    auth, settings = auth_context_of(request), provider.settings
    if not person.address or not settings.allows(person.address):
        strangers.warning(
            "%s recognised somebody %s",
            settings.name,
            "whose address is not allowed" if person.address else "without a verified address",
        )
        return None
    with auth.database.transaction() as connection:
        editor = _editor(auth, connection, provider, person)
        if editor is None:
            strangers.warning("%s recognised somebody who is not a user", settings.name)
            return None
        return admit(request, connection, editor, f"by {settings.name}")


def _editor(
    auth: AuthContext, connection: sa.Connection, provider: IdentityProvider, person: Person
) -> Editor | None:
    """The user with the person's address, who is new where the site makes accounts for such."""
    settings, now = provider.settings, auth.clock()
    try:
        editor = find_user(connection, person.address)
        return editor if _is_the_same_mailbox(person.address, editor.address) else None
    except UnknownNameError:
        if settings.new_users is None:
            return None
    except AddressError:
        return None
    role = Role(settings.new_users)
    editor, _is_new = save_user(connection, person.address, name=person.name, role=role, now=now)
    detail = f"{editor.address} ({role}), recognised by {settings.name}"
    audit.record(connection, who=audit.ITSELF, what="add user", detail=detail, now=now)
    return editor


def _is_the_same_mailbox(recognised: str, known: str) -> bool:
    """Whether an address found by its folded spelling is that of the mailbox that was verified."""
    return is_same_local_part(recognised.rpartition("@")[0], known.rpartition("@")[0])


def _failed(request: Request, next_page: str, status: int) -> Response:
    notice = SignInAnswer.PROVIDER.value
    return sign_in_page(request, next_page=next_page, notice=notice, status=status)


def _provider(request: Request) -> IdentityProvider:
    provider = auth_context_of(request).provider
    if provider is None:
        raise HTTPException(404)
    return provider
