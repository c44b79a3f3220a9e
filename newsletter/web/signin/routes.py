"""The routes of signing in, for any Starlette application whose state has an AuthContext."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.signin import (
    account,
    authenticator_page,
    entry,
    log,
    passkey_pages,
    provider_pages,
    second_factor,
)
from newsletter.web.signin.pages import script
from newsletter.web.signin.session import Endpoint, require_editor, require_publisher


def sign_in_routes() -> list[Route]:
    """Signing in and out, the account pages, and the audit log."""
    return [
        Route("/sign-in", entry.show_form, methods=["GET"]),
        Route("/sign-in", entry.take_form, methods=["POST"]),
        Route("/sign-in/link/{token}", entry.show_link, methods=["GET"]),
        Route("/sign-in/link/{token}", entry.use_link, methods=["POST"]),
        Route("/sign-in/code", second_factor.show, methods=["GET"]),
        Route("/sign-in/code", second_factor.take, methods=["POST"]),
        Route("/sign-in/passkey", entry.show_form, methods=["GET"]),
        Route("/sign-in/passkey", passkey_pages.take_sign_in, methods=["POST"]),
        Route("/sign-in/passkey/ask", passkey_pages.ask_for_sign_in, methods=["GET"]),
        Route("/sign-in/provider", provider_pages.leave, methods=["GET"]),
        Route("/sign-in/provider/answer", provider_pages.come_back, methods=["GET"]),
        Route("/assets/passkeys.js", script, methods=["GET"]),
        Route("/sign-out", _on_account(account.sign_out), methods=["POST"]),
        Route("/account", _on_account(account.show), methods=["GET"]),
        Route("/account", _on_account(account.change), methods=["POST"]),
        Route("/account/passkey", _on_account(account.ask_for_passkey), methods=["POST"]),
        Route("/account/authenticator", _on_account(authenticator_page.show), methods=["GET"]),
        Route("/account/authenticator", _on_account(authenticator_page.change), methods=["POST"]),
        Route("/audit", require_publisher(log.show), methods=["GET"]),
    ]


def _on_account(endpoint: Endpoint) -> Endpoint:
    return require_editor(endpoint, on_account=True)
