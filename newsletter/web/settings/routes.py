"""The routes of the settings: for publishers only."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import with_error_page
from newsletter.web.editor.picture_page import LONGEST_FORM
from newsletter.web.settings.export_page import ExportPage
from newsletter.web.settings.letters_page import LettersPage
from newsletter.web.settings.lists_page import ListsPage
from newsletter.web.settings.logo_page import LogoPage
from newsletter.web.settings.look_page import LookFrame
from newsletter.web.settings.settings_page import SettingsPage
from newsletter.web.settings.start_page import StartPage
from newsletter.web.settings.users_page import KeysPage, UsersPage
from newsletter.web.settings.webhooks_page import WebhooksPage
from newsletter.web.signin.session import MAX_BODY, Endpoint, require_publisher


def settings_routes(context: EditorContext) -> list[Route]:
    """Seeing and changing settings."""
    settings, users, keys = SettingsPage(context), UsersPage(context), KeysPage(context)
    webhooks, start = WebhooksPage(context), StartPage(context, settings)
    export, logo = ExportPage(context), LogoPage(context)
    letters, lists = LettersPage(context), ListsPage(context)
    of_newsletter = "/settings/newsletters/{slug}"

    def page(
        path: str, endpoint: Endpoint, method: str = "GET", *, longest_body: int = MAX_BODY
    ) -> Route:
        guarded = require_publisher(with_error_page(context, endpoint), longest_body=longest_body)
        return Route(path, guarded, methods=[method])

    return [
        page("/settings", settings.index),
        page("/settings/undo", settings.ask_undo),
        page("/settings/undo", settings.undo, "POST"),
        page("/settings/users", users.get),
        page("/settings/users", users.post, "POST"),
        page("/settings/webhooks", webhooks.get),
        page("/settings/webhooks", webhooks.post, "POST"),
        page("/settings/keys", keys.get),
        page("/settings/keys", keys.post, "POST"),
        page("/settings/lists", lists.get),
        page("/settings/lists", lists.post, "POST"),
        page("/settings/export", export.get),
        page("/settings/export", export.post, "POST"),
        page("/settings/site/{part}", settings.show),
        page("/settings/site/{part}", settings.post, "POST"),
        page(of_newsletter + "/logo", logo.get),
        page(of_newsletter + "/logo", logo.post, "POST", longest_body=LONGEST_FORM),
        page(of_newsletter + "/letters", letters.get),
        page(of_newsletter + "/letters", letters.post, "POST"),
        page(of_newsletter + "/letters/preview", letters.preview, "POST"),
        page(of_newsletter + "/letters/{letter:int}/frame", letters.frame),
        page(of_newsletter + "/frame", LookFrame(context).get),
        page(of_newsletter + "/start/{step}", start.get),
        page(of_newsletter + "/start/{step}", start.post, "POST"),
        page(of_newsletter + "/domain", start.domain, "POST"),
        page(of_newsletter + "/{part}", settings.show),
        page(of_newsletter + "/{part}", settings.post, "POST"),
    ]
