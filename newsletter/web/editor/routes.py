"""The routes of the editors' desk, for a Starlette application whose state has an AuthContext."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.issues.wording import left_out_text, note_text
from newsletter.pipeline.upload_picture import MOST_OCTETS
from newsletter.rendering.safe_text import web_link
from newsletter.rendering.theme import shipped_templates
from newsletter.web.editor.changes import changes
from newsletter.web.editor.comments import settle
from newsletter.web.editor.corrections_page import CorrectionsPage
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.editor_words import age, fix_for_editor, why
from newsletter.web.editor.error_page import with_error_page
from newsletter.web.editor.issue_page import IssuePage
from newsletter.web.editor.nodes_page import NodesPage
from newsletter.web.editor.picture_page import LONGEST_FORM, PicturePage
from newsletter.web.editor.preview_page import PreviewPage
from newsletter.web.editor.publish_page import PublishPage
from newsletter.web.editor.report_page import ReportPage
from newsletter.web.editor.review_form import ReviewForm
from newsletter.web.editor.season_page import SeasonPage
from newsletter.web.editor.sharing import SharePage
from newsletter.web.editor.suggestions import decide
from newsletter.web.home.home_page import HomePage
from newsletter.web.people.routes import people_routes
from newsletter.web.settings.routes import settings_routes
from newsletter.web.signin.session import (
    MAX_BODY,
    Endpoint,
    require_editor,
    require_publisher,
)
from newsletter.web.sources.routes import source_routes

_SCRIPTS = (
    *("htmx.min", "keep", "desk", "drafts", "shelf", "outline", "rows", "picture", "live"),
    *("settings", "crop", "unsaved"),
)
_STATIC = {"desk.css": "text/css", "pages.css": "text/css"} | {
    f"{name}.js": "text/javascript" for name in _SCRIPTS
}

_FILTERS = {
    "web_link": web_link,
    "fix_for_editor": fix_for_editor,
    "note_text": note_text,
    "why": why,
    "age": age,
    "left_out_text": left_out_text,
}


def editor_routes(context: EditorContext) -> list[Route]:
    """The desk's routes. GET changes nothing (rule 5)."""
    context.templates.filters |= {**_FILTERS, "picture": context.pictures.address}
    context.templates.globals["most_picture"] = MOST_OCTETS
    return [
        *_issue_routes(context),
        *people_routes(context),
        *source_routes(context),
        *settings_routes(context),
    ]


def _issue_routes(context: EditorContext) -> list[Route]:
    home, issue, preview = HomePage(context), IssuePage(context), PreviewPage(context)
    publish, report, share = PublishPage(context), ReportPage(context), SharePage(context)
    season = SeasonPage(context)
    review, corrections = ReviewForm(context, share), CorrectionsPage(context)
    picture = PicturePage(context, issue)
    one = "/desk/{slug}/{number:int}"

    def page(
        path: str, endpoint: Endpoint, method: str = "GET", *, longest_body: int = MAX_BODY
    ) -> Route:
        guarded = require_editor(with_error_page(context, endpoint), longest_body=longest_body)
        return Route(path, guarded, methods=[method])

    def verb(path: str, endpoint: Endpoint) -> Route:
        guarded = require_publisher(with_error_page(context, endpoint))
        return Route(f"{one}/{path}", guarded, methods=["POST"])

    return [
        Route("/desk/static/{name}", _static, methods=["GET"]),
        page("/desk", home.get),
        page("/desk/{slug}", home.newsletter),
        page("/desk/{slug}/draft", home.make, "POST"),
        page("/desk/{slug}/season", season.get),
        page("/desk/{slug}/season", season.post, "POST"),
        page(one, issue.get),
        page(one, issue.post, "POST"),
        page(one + "/picture", picture.get),
        page(one + "/picture", picture.post, "POST", longest_body=LONGEST_FORM),
        page(one + "/changes", changes(context)),
        page(one + "/comments/{comment:int}", settle(context), "POST"),
        page(one + "/suggestions", decide(context), "POST"),
        page(one + "/preview", preview.get),
        page(one + "/frame", preview.frame),
        page(one + "/publish", publish.get),
        page(one + "/test", publish.test, "POST"),
        page(one + "/ask", publish.ask, "POST"),
        page(one + "/share", share.make, "POST"),
        page("/nodes", NodesPage(context).get),
        Route("/shared/{token}", share.get, methods=["GET"]),
        Route("/shared/{token}/frame", share.frame, methods=["GET"]),
        Route("/shared/{token}/comments", review.post, methods=["POST"]),
        page(one + "/report", report.get),
        page(one + "/progress", report.progress),
        page(one + "/corrections", corrections.get),
        page(one + "/corrections", corrections.write, "POST"),
        page(one + "/corrections/{correction:int}/frame", corrections.frame),
        page(one + "/corrections/{correction:int}/discard", corrections.discard, "POST"),
        verb("corrections/{correction:int}/send", corrections.send),
        verb("approve", publish.approve),
        verb("schedule", publish.schedule),
        verb("reopen", publish.reopen),
        verb("hold", publish.hold),
        verb("send", publish.send),
        verb("stop", publish.stop),
        verb("close", publish.close),
    ]


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    path = shipped_templates() / "web" / "editor" / "static" / name
    return Response(
        path.read_bytes(),
        media_type=_STATIC[name],
        headers={"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"},
    )
