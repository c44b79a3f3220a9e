"""/links/LIST: a reader's own links, mailed again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.pipeline.form_requests import keep_links_request
from newsletter.web.reader.answers import page, posting, read_form, text, trouble
from newsletter.web.reader.join import is_within_limits
from newsletter.web.reader.reader_context import ReaderContext
from subscribers.errors import AddressError


class LinksPage:
    """GET shows the form; POST mails the links, if the address is a reader's."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The form."""
        return self._form(request.path_params["list"])

    async def post(self, request: Request) -> Response:
        """The same answer for every address."""
        list_slug = request.path_params["list"]
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        if not self.context.may_join(list_slug):
            return trouble(self.context, "nothing-here", 404)
        try:
            if not await run_in_threadpool(self._mail, request, list_slug, text(form, "email")):
                return trouble(self.context, "too-many", 429)
        except AddressError:
            return self._form(list_slug, text(form, "email"), "bad-address", 422)
        return posting(self.context, self._form(list_slug, notice="mailed"))

    def _mail(self, request: Request, list_slug: str, address: str) -> bool:
        if not is_within_limits(self.context, request):
            return False
        keep_links_request(self.context.site, list_slug, address, now=self.context.clock())
        return True

    def _form(
        self, list_slug: str, address: str = "", notice: str = "", status: int = 200
    ) -> Response:
        if not self.context.may_join(list_slug):
            return trouble(self.context, "nothing-here", 404)
        context = {
            "title": self.context.title_of(list_slug),
            "address": address,
            "notice": notice,
            "join": self.context.path(f"/join/{list_slug}"),
        }
        return page(self.context.templates, "reader/links.html.j2", context, status)
