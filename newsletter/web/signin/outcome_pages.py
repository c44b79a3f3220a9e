"""What follows an attempt to sign in: the page one came for, the page for the code, or the form again."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.web.signin.attempts import SignInAnswer, SignInOutcome
from newsletter.web.signin.auth_context import auth_context_of, set_session_cookie
from newsletter.web.signin.pages import WITH_PASSKEYS, page, refused
from newsletter.web.signin.passkeys import relying_party
from newsletter.web.signin.steps import set_step_cookie

HOME = "/desk"
"""The page of the site after signing in, unless another one was asked for."""


_DOTS = re.compile(r"[/\\](?:\.|%2e){1,2}(?:[/\\#]|\Z)", re.IGNORECASE)
"""A segment that browsers resolve, as they understand it."""

LONGEST_PATH = 1000
"""Characters of the page that somebody came for, which is in the mailed link too."""


def safe_path(path: str, base_path: str = "") -> str:
    """Return the path if it is on this site, else the desk, so that no link redirects elsewhere."""
    is_ours = path.startswith(f"{base_path}/") and not path.startswith(("//", "/\\"))
    is_plain = path.isascii() and path.isprintable() and len(path) <= LONGEST_PATH
    # With ".." a browser would leave the site's own path, to whatever else the host serves.
    stays = _DOTS.search(path.partition("?")[0]) is None
    return path if is_ours and is_plain and stays else f"{base_path}{HOME}"


def answer_outcome(
    request: Request, outcome: SignInOutcome, next_page: str, *, address: str = ""
) -> Response:
    """The answer to an attempt; after a failed one the form has the `address` that was typed."""
    if outcome.session is not None:
        return signed_in(request, outcome.session, next_page)
    if outcome.awaits_code is not None:
        query = f"?next={quote(next_page, safe='/')}" if next_page else ""
        code_page = f"{auth_context_of(request).base_path}/sign-in/code{query}"
        response = RedirectResponse(code_page, status_code=303)
        set_step_cookie(request, response, outcome.awaits_code)
        return response
    if outcome.answer is SignInAnswer.TOO_OFTEN:
        return refused(request, "too-often", 429)
    notice = outcome.answer.value
    return sign_in_page(request, next_page=next_page, address=address, notice=notice, status=403)


def signed_in(request: Request, session: str, next_page: str) -> Response:
    """Set the cookie of the session and lead to the page."""
    response = RedirectResponse(
        safe_path(next_page, auth_context_of(request).base_path), status_code=303
    )
    set_session_cookie(request, response, session)
    return response


def sign_in_page(
    request: Request, *, next_page: str, address: str = "", notice: str = "", status: int = 200
) -> Response:
    """The sign-in form; notices are those of sign_in.html.j2."""
    auth = auth_context_of(request)
    context = {
        "next": next_page,
        "address": address,
        "notice": notice,
        "party": relying_party(auth.url, auth.title()),
        "provider": auth.settings.oidc.name if auth.settings.oidc else "",
    }
    return page(request, "signin/sign_in.html.j2", context, status, WITH_PASSKEYS)
