"""The routes of signing in, for any Starlette application whose state has an AuthContext."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.signin import account, entry, log
from newsletter.web.signin.session import require_editor, require_publisher


def sign_in_routes() -> list[Route]:
    """Signing in and out, the account page, and the audit log."""
    return [
        Route("/sign-in", entry.show_form, methods=["GET"]),
        Route("/sign-in", entry.take_form, methods=["POST"]),
        Route("/sign-in/link/{token}", entry.show_link, methods=["GET"]),
        Route("/sign-in/link/{token}", entry.use_link, methods=["POST"]),
        Route("/sign-out", require_editor(account.sign_out), methods=["POST"]),
        Route("/account", require_editor(account.show), methods=["GET"]),
        Route("/account", require_editor(account.change), methods=["POST"]),
        Route("/audit", require_publisher(log.show), methods=["GET"]),
    ]
