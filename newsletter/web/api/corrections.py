"""The operations on corrections of stories in sent issues."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from newsletter.issues.issue import Issue
from newsletter.pipeline.correct import (
    CorrectionRequest,
    ShownCorrection,
    approve_correction,
    discard_correction,
    sent_issue,
    shown_corrections,
    write_correction,
)
from newsletter.web.api import correction_models as models
from newsletter.web.api.calls import HIGHEST, IssueCall, OfIssue
from newsletter.web.api.operation import Operation, PublisherOperation, make_router

_ALL = "/newsletters/{newsletter}/issues/{number}/corrections"
_ONE = _ALL + "/{correction}"

CorrectionPath = Annotated[
    int, Path(alias="correction", description="The correction's id", ge=1, le=HIGHEST)
]

editors = make_router(Operation, group="Corrections")
publishers = make_router(PublisherOperation, group="Corrections")


@editors.get(_ALL, name="list corrections")
def list_corrections(call: OfIssue) -> models.CorrectionList:
    """The corrections of a sent issue; `current` is the last that was sent."""
    found = shown_corrections(call.site, _issue(call), now=call.now)
    return models.CorrectionList(corrections=[_document(one) for one in found])


@editors.post(_ALL, name="write correction")
def write(call: OfIssue, body: models.WriteCorrection) -> models.CorrectionDocument:
    """Write a correction; nothing is sent until a publisher approves it."""
    issue = _issue(call)
    wanted = CorrectionRequest(story=body.story, text=body.text, new_url=body.link)
    written = write_correction(call.site, issue, wanted, editor=call.editor.address, now=call.now)
    return _shown(call, issue, written.id)


@editors.get(_ONE, name="show correction")
def show(call: OfIssue, number: CorrectionPath) -> models.CorrectionDocument:
    """A correction, its mail, and how far it is."""
    return _shown(call, _issue(call), number)


@editors.delete(_ONE, name="discard correction")
def discard(call: OfIssue, number: CorrectionPath) -> models.Discarded:
    """Discard a correction that is not approved."""
    issue = _issue(call)
    discard_correction(call.site, issue, number, editor=call.editor.address, now=call.now)
    return models.Discarded(issue=issue.name, id=number)


@publishers.post(_ONE + "/send", name="send correction", status_code=202)
def send(call: OfIssue, number: CorrectionPath) -> models.CorrectionDocument:
    """Approve a correction: its note is public at once, and its mails go out."""
    issue = _issue(call)
    approve_correction(call.site, issue, number, editor=call.editor.address, now=call.now)
    return _shown(call, issue, number)


def _issue(call: IssueCall) -> Issue:
    return sent_issue(call.site, call.slug, call.number)


def _shown(call: IssueCall, issue: Issue, number: int) -> models.CorrectionDocument:
    (shown,) = shown_corrections(call.site, issue, now=call.now, only=number)
    return _document(shown)


def _document(shown: ShownCorrection) -> models.CorrectionDocument:
    one, letters = shown.correction, shown.progress
    return models.CorrectionDocument(
        id=one.id,
        issue=one.issue,
        story=one.story,
        headline=one.headline,
        text=one.text,
        link=one.new_url,
        written_at=one.written_at,
        written_by=one.written_by,
        approved_at=one.approved_at,
        approved_by=one.approved_by,
        subject=shown.mail.edition.subject if one.goes_out else "",
        mail_text=shown.mail.text if one.goes_out else "",
        readers=letters.queued if one.is_approved else shown.readers,
        is_whole=letters.is_whole,
        accepted=letters.accepted,
        waiting=letters.waiting,
        unknown=letters.unknown,
        not_accepted=letters.not_accepted,
    )
