"""The routes of the pages about people: for publishers only."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import with_error_page
from newsletter.web.people.blocked_page import BlockedPage
from newsletter.web.people.growth_page import GrowthPage
from newsletter.web.people.import_page import LONGEST_FORM, ImportPage
from newsletter.web.people.list_page import ListPage
from newsletter.web.people.mail_page import MailPage
from newsletter.web.people.reader_page import ReaderPage
from newsletter.web.signin.session import MAX_BODY, Endpoint, require_publisher


def people_routes(context: EditorContext) -> list[Route]:
    """Finding, changing, importing, exporting and erasing people."""
    listed, reader = ListPage(context), ReaderPage(context)
    blocked, mail, imports = BlockedPage(context), MailPage(context), ImportPage(context)
    one = "/people/{number:int}"

    def page(
        path: str, endpoint: Endpoint, method: str = "GET", *, longest_body: int = MAX_BODY
    ) -> Route:
        guarded = require_publisher(with_error_page(context, endpoint), longest_body=longest_body)
        return Route(path, guarded, methods=[method])

    return [
        page("/people", listed.get),
        page("/people/add", listed.add, "POST"),
        page("/people/export", listed.export, "POST"),
        page(one, reader.get),
        page(one, reader.post, "POST"),
        page(one + "/erase", reader.ask_erase),
        page(one + "/erase", reader.erase, "POST"),
        page(one + "/data", reader.data, "POST"),
        page("/people/blocked", blocked.get),
        page("/people/blocked", blocked.post, "POST"),
        page("/people/growth", GrowthPage(context).get),
        page("/people/import", imports.get),
        page("/people/import", imports.upload, "POST", longest_body=LONGEST_FORM),
        page("/people/import/{number:int}", imports.show),
        page("/people/import/{number:int}", imports.post, "POST"),
        page("/people/mail", mail.get),
        page("/people/mail/{number:int}", mail.replay, "POST"),
    ]
