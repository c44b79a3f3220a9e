"""The operations on a rehearsal of the coming weeks: it is asked for, and looked at once it has ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.errors import UnknownNameError
from newsletter.pipeline.rehearsal.document import season_document
from newsletter.web.api import season_models
from newsletter.web.api.calls import OfNewsletter
from newsletter.web.api.operation import Operation, make_router

season = make_router(Operation, group="Site")
_SEASON = "/newsletters/{newsletter}/season"


@season.post(_SEASON, name="rehearse season", status_code=202)
def ask(
    call: OfNewsletter,
    weeks: Annotated[int, Query(ge=1, le=104, description="How many coming weeks")] = 12,
) -> season_models.RehearsalAsked:
    """Rehearse the coming weeks, unless a rehearsal is under way; nobody gets mail."""
    call.context.rehearsals.start(call.slug, weeks=weeks, now=call.now)
    return season_models.RehearsalAsked(newsletter=call.slug)


@season.get(_SEASON, name="season")
def read(call: OfNewsletter) -> season_models.RehearsalDocument:
    """The last rehearsal since the server was started: which issues would be thin, late or too large."""
    last = call.context.rehearsals.last(call.slug)
    if last is None:
        raise UnknownNameError("no rehearsal was asked for", fix="ask for one with POST")
    return season_models.RehearsalDocument.model_validate(
        {
            "newsletter": call.slug,
            "weeks": last.weeks,
            "asked_at": last.asked_at,
            "is_running": last.is_running,
            "problem": last.problem.message if last.problem else None,
            "season": season_document(last.season) if last.season else None,
        }
    )
