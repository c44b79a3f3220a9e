"""The operations on issues. Each calls one file of the pipeline and returns its result."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.issues.issue import Issue
from newsletter.issues.issue import Item as IssueItem
from newsletter.issues.local_times import in_zone
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.pipeline import settle_unknown as settling
from newsletter.pipeline.add import add_by_url as add_article
from newsletter.pipeline.approve import approve as approve_issue
from newsletter.pipeline.approve import hold as hold_issue
from newsletter.pipeline.approve import reschedule
from newsletter.pipeline.approve import stop as stop_issue
from newsletter.pipeline.draft import draft as draft_issue
from newsletter.pipeline.dry_run import dry_run_send as rehearse_send
from newsletter.pipeline.edit import EditRequest
from newsletter.pipeline.edit import edit as edit_issue
from newsletter.pipeline.gather import gather as gather_sources
from newsletter.pipeline.preview import lint_issue
from newsletter.pipeline.preview import preview as preview_issue
from newsletter.pipeline.send_test import send_test
from newsletter.pipeline.status import issue_status
from newsletter.site.failed_sources import failed_sources_of
from newsletter.store.issues import all_issues, find_issue
from newsletter.web.api import issue_models, source_models, status_models
from newsletter.web.api.calls import HIGHEST, IssueCall, OfIssue, OfNewsletter
from newsletter.web.api.documents import issue_document, lint_document, moved, status_of
from newsletter.web.api.operation import (
    Operation,
    OutcomeOperation,
    PreviewOperation,
    PublisherOperation,
    make_router,
)
from newsletter.web.editor.forms import item_of, read_edits

_ALL = "/newsletters/{newsletter}"
_ONE = _ALL + "/issues/{number}"

editors = make_router(Operation, group="Issues")
publishers = make_router(PublisherOperation, group="Issues")
previews = make_router(PreviewOperation, group="Issues")
outcomes = make_router(OutcomeOperation, group="Issues")


@editors.post(_ALL + "/gather", name="gather")
def gather(call: OfNewsletter) -> source_models.Gathered:
    """Fetch the newsletter's sources."""
    readings = gather_sources(call.site, call.slug, now=call.now)
    return source_models.Gathered(
        newsletter=call.slug,
        sources=[
            source_models.SourceReading(
                source=reading.source,
                location=reading.location,
                articles=len(reading.articles),
                unchanged=reading.unchanged,
                findings=[
                    source_models.SourceFinding.model_validate(finding)
                    for finding in reading.findings
                ],
            )
            for reading in readings
        ],
    )


@editors.post(_ALL + "/draft", name="draft")
def draft(call: OfNewsletter) -> issue_models.IssueDocument:
    """Make or refresh the coming issue."""
    return _document(call, draft_issue(call.site, call.slug, now=call.now))


@editors.get(_ALL + "/issues", name="list issues")
def list_issues(call: OfNewsletter) -> status_models.IssueList:
    """The newsletter's issues with their deliveries."""
    with call.site.database.transaction(read_only=True) as connection:
        found = all_issues(connection, call.slug)
    return status_models.IssueList(
        issues=[
            status_of(issue_status(call.site, issue, now=call.now, alone=False)) for issue in found
        ]
    )


@editors.get(_ONE, name="show")
def show(call: OfIssue) -> issue_models.IssueDocument:
    """An issue with its items, and what it left out and why."""
    return _document(call, issue_of(call))


@editors.get(_ONE + "/status", name="issue status")
def status(call: OfIssue) -> status_models.IssueStatusDocument:
    """An issue's state and the counts of its deliveries."""
    return status_of(issue_status(call.site, issue_of(call), now=call.now))


@editors.post(_ONE + "/edits", name="edit")
def edit(call: OfIssue, body: issue_models.EditDocument) -> issue_models.Edited:
    """Change one thing; refused when somebody else has changed the same thing in the meantime."""
    issue = issue_of(call)
    fields: dict[str, str] = body.model_dump(exclude={"version"}, exclude_none=True)
    if body.action == "rewrite":
        fields = {**_current_texts(item_of(issue, body.item)), **fields}
    request = edit_request(call, issue.number, body.version)
    done = edit_issue(call.site, request, read_edits(fields, issue), now=call.now)
    return issue_models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


@editors.post(_ONE + "/articles", name="add article")
def add_by_url(call: OfIssue, body: issue_models.AddByUrl) -> issue_models.Edited:
    """Fetch an article by its address and put it into a section."""
    request = edit_request(call, issue_of(call).number, body.version)
    done = add_article(call.site, request, url=body.url, section=body.section, now=call.now)
    return issue_models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


@editors.get(_ONE + "/lint", name="lint")
def lint(call: OfIssue) -> issue_models.Lint:
    """Findings in the final HTML and text."""
    return lint_document(lint_issue(call.site, call.slug, call.number, now=call.now))


@previews.get(_ONE + "/preview", name="preview")
def preview(
    call: OfIssue,
    as_address: Annotated[
        str | None,
        Query(
            alias="as",
            description="A subscriber's address, which needs the scope `people`; "
            "without it the complete edition",
        ),
    ] = None,
) -> issue_models.PreviewDocument:
    """The message as one reader would get it."""
    shown = preview_issue(
        call.site,
        call.slug,
        call.number,
        as_address=as_address,
        now=call.now,
    )
    return issue_models.PreviewDocument(
        issue=shown.issue.name,
        html=shown.html,
        text=shown.text,
        message=shown.message.decode("utf-8"),
        lint=lint_document(shown.findings),
        goes_out=shown.goes_out,
    )


@publishers.post(_ONE + "/approve", name="approve")
def approve(
    call: OfIssue,
    version: Annotated[
        int,
        Query(
            description="The version you have seen; 409 if the issue has changed since",
            ge=0,
            le=HIGHEST,
        ),
    ],
) -> status_models.Moved:
    """Freeze the issue's bytes: what is approved is what is sent."""
    approved = approve_issue(call.site, call.slug, call.number, seen=version, now=call.now)
    return moved(approved)


@publishers.post(_ONE + "/schedule", name="schedule")
def schedule(call: OfIssue, body: status_models.Schedule) -> status_models.IssueStatusDocument:
    """Send an approved issue at another time; its bytes do not change."""
    send_at = body.send_at
    issue = reschedule(
        call.site,
        call.slug,
        call.number,
        send_at=in_zone(send_at, call.site.settings.site.zone) if send_at else None,
        editor=call.editor.address,
        now=call.now,
    )
    return status_of(issue_status(call.site, issue, now=call.now))


@publishers.post(_ONE + "/hold", name="hold")
def hold(call: OfIssue) -> status_models.Moved:
    """Keep the issue from being sent until it is approved again."""
    note = StateNote(kind=StateReason.HELD_BY_EDITOR, who=call.editor.address)
    return moved(hold_issue(call.site, call.slug, call.number, note=note))


@publishers.post(_ONE + "/stop", name="stop")
def stop(call: OfIssue) -> status_models.Moved:
    """Stop a running send; it can be resumed."""
    return moved(stop_issue(call.site, call.slug, call.number))


@editors.post(_ONE + "/test", name="test")
def test(call: OfIssue, body: status_models.Trial) -> status_models.ReceiptDocument:
    """Send one marked message to an address the site allows."""
    receipt = send_test(call.site, call.slug, call.number, to=body.to, now=call.now)
    return status_models.ReceiptDocument(
        to=body.to, relay=receipt.relay, code=receipt.code, text=receipt.text
    )


@publishers.post(_ONE + "/send", name="send", status_code=202)
def send(call: OfIssue) -> status_models.IssueStatusDocument:
    """Start to deliver an approved issue, or resume it; its status shows the progress."""
    issue = issue_of(call)
    call.context.send_jobs.start(call.slug, issue.number)
    return status_of(issue_status(call.site, issue_of(call, issue.number), now=call.now))


@editors.get(_ONE + "/rehearsal", name="rehearse")
def dry_run_send(call: OfIssue) -> status_models.Rehearsed:
    """How many messages and editions a send would make."""
    return status_models.Rehearsed.model_validate(
        rehearse_send(call.site, call.slug, call.number, out=None, now=call.now)
    )


@outcomes.get(_ONE + "/unknown", name="unknown")
def list_unknown(call: OfIssue) -> status_models.UnknownDeliveries:
    """Deliveries whose outcome is unknown after a crash."""
    rows = settling.unknown_deliveries(call.site, call.slug, call.number)
    return status_models.UnknownDeliveries.model_validate({"unknown": rows})


@publishers.post(_ONE + "/unknown", name="settle")
def settle(call: OfIssue, body: status_models.Settle) -> status_models.Settled:
    """Send deliveries of unknown outcome again, or leave them as they are."""
    settled = settling.settle(call.site, call.slug, call.number, choice=body.choice, now=call.now)
    return status_models.Settled(settled=settled)


def _document(call: OfNewsletter, issue: Issue) -> issue_models.IssueDocument:
    with call.site.database.transaction(read_only=True) as connection:
        return issue_document(issue, failed_sources_of(call.site, connection, issue))


def issue_of(call: IssueCall, number: int | None = None) -> Issue:
    """The issue of the call, or another one of its newsletter. Raises UnknownNameError."""
    with call.site.database.transaction(read_only=True) as connection:
        return find_issue(connection, call.slug, number or call.number)


def _current_texts(item: IssueItem) -> dict[str, str]:
    """The values that the desk's form would hold, so that fields that are not given stay the same."""
    image = item.image
    return {
        "title": item.title,
        "summary": item.summary,
        "link_text": item.overrides.link_text or "",
        "image_url": image.url if image else "",
        "image_alt": image.alt if image else "",
        "no_image": "yes" if item.overrides.no_image else "no",
    }


def edit_request(call: OfIssue, number: int, seen_version: int) -> EditRequest:
    """The request of the call's editor to change the issue as they saw it."""
    return EditRequest(
        newsletter=call.slug,
        number=number,
        editor=call.editor.address,
        seen_version=seen_version,
    )
