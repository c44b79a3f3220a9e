"""/settings/newsletters/NAME/letters: the letters to new readers, and how many readers they came to."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.issues.dated_letter import FIRST_DAY, LAST_DAY, MOST_LETTERS
from newsletter.pipeline import dated_letters as operations
from newsletter.pipeline.dated_letters import LONGEST_SUBJECT, LONGEST_TEXT, LetterWords
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.editor.framing import frame_policy, framed, plain_frame
from newsletter.web.reader.answers import text
from newsletter.web.signin.pages import row_id

NOTICES = {
    "written": "Saved. It goes out by itself from now on.",
    "undone": "Undone. The words before are sent from now on.",
    "deleted": "Deleted. It goes to nobody any more.",
    "tested": "A test is on its way.",
}

SKIPPED = {
    "issue": "an issue came in the same week",
    "absent": "had left or paused, or do not get this newsletter",
    "late": "the week was over before it could go",
    "withdrawn": "it was deleted before",
}
"""Why a reader did not get a letter."""

FIELDS = ("days", "subject", "text")


class LettersPage:
    """GET shows the letters; POST writes, undoes, deletes, or sends a test."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The letters, and the form for another one."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Do what the button says. What is refused is said beside what was typed."""
        editor, form = await self.context.editor(request), await request.form()
        slug = str(request.path_params["slug"])
        done = await outcome_of(run_in_threadpool(self._act, slug, form, editor.address))
        if isinstance(done, UnknownNameError):
            raise done
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=done, form=form)
        return RedirectResponse(f"{self._url(slug)}?done={done}", status_code=303)

    async def frame(self, request: Request) -> Response:
        """The mail of a letter as it is sent, with specimen links."""
        slug, number = str(request.path_params["slug"]), int(request.path_params["letter"])
        shown = await run_in_threadpool(
            operations.shown_letter, self.context.site, slug, _number(str(number))
        )
        return self._framed(shown.mail.html)

    async def preview(self, request: Request) -> Response:
        """The mail of what is typed, in the form's frame; nothing is kept."""
        form, slug = await request.form(), str(request.path_params["slug"])

        def rehearse() -> str:
            return operations.rehearse_letter(self.context.site, slug, _words(form)).html

        html = await outcome_of(run_in_threadpool(rehearse))
        if isinstance(html, NewsletterError):
            return self._framed(plain_frame(f"{html.problem.message}: {html.problem.fix}"))
        return self._framed(html)

    def _act(self, slug: str, form: FormData, editor: str) -> str:
        """What was done, as the page that follows says it."""
        site, now = self.context.site, self.context.clock()
        given = text(form, "letter")
        match text(form, "action"):
            case "write":
                number = _number(given) if given else None
                words = _words(form)
                operations.write_letter(site, slug, words, number=number, editor=editor, now=now)
                return "written"
            case "undo":
                operations.take_back(site, slug, _number(given), editor=editor, now=now)
                return "undone"
            case "delete":
                operations.delete_letter(site, slug, _number(given), editor=editor, now=now)
                return "deleted"
            case "test":
                operations.send_test_letter(
                    site, slug, _number(given), to=editor, own=editor, now=now
                )
                return "tested"
        raise UnknownNameError("this page has no such button")

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        form: FormData | None = None,
    ) -> Response:
        slug = str(request.path_params["slug"])
        typed = {name: text(form, name) for name in (*FIELDS, "letter")} if form else {}
        values = {
            **await run_in_threadpool(self._read, slug),
            "typed": typed,
            "problem": problem,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
        }
        status = 200 if problem is None else 422 if isinstance(problem, InputError) else 409
        return await self.context.page(request, "settings/letters.html.j2", values, status)

    def _read(self, slug: str) -> dict[str, Any]:
        site = self.context.site
        letters = [
            operations.shown_letter(site, slug, one.letter.id)
            for one in operations.shown_letters(site, slug)
        ]
        return {
            "newsletter": site.newsletter(slug),
            "url": self._url(slug),
            "letters": letters,
            "may_write": len(letters) < MOST_LETTERS,
            "comes_weekly": operations.comes_weekly(site, slug, self.context.clock()),
            "skipped": SKIPPED,
            "limits": (FIRST_DAY, LAST_DAY, LONGEST_SUBJECT, LONGEST_TEXT),
            "zone": site.settings.site.zone,
        }

    def _framed(self, html: str) -> Response:
        headers = {**HEADERS, "Content-Security-Policy": frame_policy(images=True)}
        page = self.context.pictures.in_html(framed(html))
        return HTMLResponse(page, headers={**headers, "Referrer-Policy": "no-referrer"})

    def _url(self, slug: str) -> str:
        return f"{self.context.site.settings.site.base_path}/settings/newsletters/{slug}/letters"


def _words(form: FormData) -> LetterWords:
    """What the form says. Raises InputError where the day is not a number."""
    days = text(form, "days").strip()
    if not (days.isascii() and days.isdecimal() and len(days) <= 4):
        raise InputError(
            f"{days[:20]!r} is not a number of days",
            field="days",
            fix=f"give {FIRST_DAY} to {LAST_DAY}",
        )
    return LetterWords(days=int(days), subject=text(form, "subject"), text=text(form, "text"))


def _number(given: str) -> int:
    """The letter's id. Raises UnknownNameError for one that no database can hold."""
    number = row_id(given)
    if number is None:
        raise UnknownNameError("there is no such letter")
    return number
