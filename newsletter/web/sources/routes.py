"""The routes of the pages about sources: editors see them, publishers change them."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import with_error_page
from newsletter.web.signin.session import (
    MAX_BODY,
    Endpoint,
    require_editor,
    require_publisher,
)
from newsletter.web.sources.list_page import SourcesPage
from newsletter.web.sources.mail_page import HeldMailPage
from newsletter.web.sources.source_page import SourcePage

LONGEST_OPML = 4 * MAX_BODY


def source_routes(context: EditorContext) -> list[Route]:
    """Seeing, testing, adding, changing, pausing and removing sources."""
    listed, source = SourcesPage(context), SourcePage(context)
    mail = HeldMailPage(context)
    one = "/sources/{slug}/{key}"

    def page(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
        return Route(path, require_editor(with_error_page(context, endpoint)), methods=[method])

    def change(path: str, endpoint: Endpoint, *, longest_body: int = MAX_BODY) -> Route:
        guarded = require_publisher(with_error_page(context, endpoint), longest_body=longest_body)
        return Route(path, guarded, methods=["POST"])

    return [
        page("/sources", listed.get),
        page("/sources/export", listed.export),
        change("/sources/look", listed.look),
        change("/sources/add", listed.add),
        change("/sources/opml", listed.opml, longest_body=LONGEST_OPML),
        page("/sources/mail/{number:int}", mail.get),
        change("/sources/mail/{number:int}", mail.post),
        page(one, source.get),
        page(one + "/test", source.test, "POST"),
        change(one, source.post),
    ]
