"""/settings/newsletters/NAME/start/STEP: the five steps to a first issue."""

from __future__ import annotations

import logging
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import NewsletterError, UnavailableError, UnknownNameError
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.doctor.examine import dns_diagnoses
from newsletter.pipeline.doctor.mail_domain import Diagnosis
from newsletter.pipeline.settings_file import settings_version, why_read_only
from newsletter.store.audit import has_entry, record
from newsletter.store.issues import has_gone_out, open_issue
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.home.facts import SET_UP, set_up_detail, steps_done
from newsletter.web.home.home import Step
from newsletter.web.home.words import STEPS
from newsletter.web.reader.answers import text
from newsletter.web.settings.parts import ADDRESS, DAY, LOOK, SENDER, Part
from newsletter.web.settings.settings_page import SettingsPage
from newsletter.web.settings.words import domain_fix, friendly
from subscribers.kept_counts import subscriptions_by_status
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

PARTS: dict[Step, tuple[Part, ...]] = {
    Step.SENDER: (SENDER, ADDRESS),
    Step.LOOK: (LOOK, DAY),
}
"""The settings that a step asks for; the other steps lead to pages of their own."""


class StartPage:
    """GET shows a step; POST saves what it asks for and goes on to the next."""

    def __init__(self, context: EditorContext, settings: SettingsPage) -> None:
        self.context = context
        self.settings = settings

    async def get(self, request: Request) -> Response:
        """The step."""
        return await self._page(request, _step(request))

    async def post(self, request: Request) -> Response:
        """Save the step's settings, record that somebody has been through it, and go on."""
        step, form = _step(request), await request.form()
        slug = str(request.path_params["slug"])
        editor = await self.context.editor(request)
        problem = await outcome_of(self._save(request, slug, step, form))
        if problem is not None:
            typed = {name: value for name, value in form.items() if isinstance(value, str)}
            return await self._page(request, step, typed=typed, problem=friendly(problem))
        await run_in_threadpool(self._note, editor.address, slug, step)
        base = self.context.site.settings.site.base_path
        steps = list(Step)
        at = steps.index(step) + 1
        to = f"/settings/newsletters/{slug}/start/{steps[at].value}" if at < len(steps) else "/desk"
        return RedirectResponse(f"{base}{to}", status_code=303)

    async def domain(self, request: Request) -> Response:
        """Ask the DNS whether large providers will take mail of the sender's domain."""

        def look() -> list[Diagnosis]:
            return list(dns_diagnoses(self.context.site, LiveRecords()))

        found = await outcome_of(run_in_threadpool(look))
        if isinstance(found, NewsletterError):
            log.warning("the domain of a sender could not be checked: %s", found)
            problem = UnavailableError(
                "the records of mail domains cannot be looked up at present", fix="try again later"
            )
            return await self._page(request, Step.SENDER, problem=problem)
        return await self._page(request, Step.SENDER, found=found)

    async def _save(self, request: Request, slug: str, step: Step, form: FormData) -> None:
        self.context.site.newsletter(slug)
        if why_read_only(self.context.site):
            return  # the form could not be filled in
        seen = text(form, "seen")
        for part in PARTS.get(step, ()):
            own = FormData(
                [*((k, v) for k, v in form.multi_items() if k != "seen"), ("seen", seen)]
            )
            await self.settings.save(request, self._place(part, slug), own)
            seen = await run_in_threadpool(settings_version, self.context.site)

    def _place(self, part: Part, slug: str) -> Any:
        return self.settings.place_of(part, None if part is ADDRESS else slug)

    def _note(self, who: str, slug: str, step: Step) -> None:
        detail = set_up_detail(slug, step)
        with self.context.site.database.transaction() as connection:
            if not has_entry(connection, what=SET_UP, detail=detail):
                record(connection, who=who, what=SET_UP, detail=detail, now=self.context.clock())

    async def _page(
        self,
        request: Request,
        step: Step,
        *,
        typed: dict[str, str] | None = None,
        problem: NewsletterError | None = None,
        found: list[Diagnosis] | None = None,
    ) -> Response:
        slug = str(request.path_params["slug"])
        values = await run_in_threadpool(self._read, slug, step, typed)
        return await self.context.page(
            request,
            "settings/start.html.j2",
            {**values, "problem": problem, "found": found, "domain_fix": domain_fix},
            200 if problem is None else 409,
        )

    def _read(self, slug: str, step: Step, typed: dict[str, str] | None) -> dict[str, Any]:
        site = self.context.site
        newsletter = site.newsletter(slug)
        with site.database.transaction(read_only=True) as connection:
            readers = subscriptions_by_status(connection)
            done = steps_done(site, connection, slug, readers)
            coming = open_issue(connection, slug)
            is_over = has_gone_out(connection, slug)
        steps = list(Step)
        at = steps.index(step)
        read_only = why_read_only(site)
        forms = [
            self.settings.values(self._place(part, slug), typed) for part in PARTS.get(step, ())
        ]
        return {
            "slug": slug,
            "newsletter": newsletter,
            "step": step,
            "steps": {one: (*STEPS[one], one in done) for one in steps},
            "number": at + 1,
            "back": steps[at - 1] if at else None,
            "forms": forms,
            "looks": next((form["looks"] for form in forms if "looks" in form), []),
            "readers": readers.get((newsletter.list, Status.ACTIVE), 0),
            "coming": coming,
            "is_over": is_over,
            "is_signed": site.settings.dkim is not None,
            "read_only": read_only,
            "seen": "" if read_only else settings_version(site),
        }


def _step(request: Request) -> Step:
    try:
        return Step(str(request.path_params["step"]))
    except ValueError as error:
        raise UnknownNameError("there is no such step") from error
