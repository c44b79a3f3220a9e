"""The operations on issues: each calls the hallway's verb and says what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Issue
from newsletter.issues.issue import Item as IssueItem
from newsletter.issues.moments import in_zone
from newsletter.pipeline import settle as settling
from newsletter.pipeline.add import add_by_url as add_article
from newsletter.pipeline.approve import approve as approve_issue
from newsletter.pipeline.approve import hold as hold_issue
from newsletter.pipeline.approve import reschedule
from newsletter.pipeline.approve import stop as stop_issue
from newsletter.pipeline.draft import draft as draft_issue
from newsletter.pipeline.edit import edit as edit_issue
from newsletter.pipeline.gather import gather as gather_sources
from newsletter.pipeline.preview import lint_issue
from newsletter.pipeline.preview import preview as preview_issue
from newsletter.pipeline.rehearse import rehearse as rehearse_send
from newsletter.pipeline.status import IssueStatus, issue_status
from newsletter.pipeline.trial import send_trial
from newsletter.rendering.lint import Finding
from newsletter.store.issues import all_issues, find_issue
from newsletter.web.api import models
from newsletter.web.api.operation import Call
from newsletter.web.editor.forms import item_id, item_of, read_edits


def gather(call: Call) -> models.Gathered:
    """Fetch the newsletter's sources."""
    readings = gather_sources(call.site, call.slug, now=call.clock())
    return models.Gathered(
        newsletter=call.slug,
        sources=[
            models.SourceReading(
                source=reading.source,
                location=reading.location,
                articles=len(reading.articles),
                unchanged=reading.unchanged,
                findings=[
                    models.SourceFinding.model_validate(finding) for finding in reading.findings
                ],
            )
            for reading in readings
        ],
    )


def draft(call: Call) -> models.Issue:
    """Make or refresh the coming issue."""
    return _issue(draft_issue(call.site, call.slug, now=call.clock()))


def list_issues(call: Call) -> models.IssueList:
    """The newsletter's issues, oldest first, with their deliveries."""
    with call.site.database.transaction(read_only=True) as connection:
        found = all_issues(connection, call.slug)
    return models.IssueList(issues=[status_of(issue_status(call.site, issue)) for issue in found])


def show(call: Call) -> models.Issue:
    """The issue with its items, and what it left out."""
    return _issue(_find(call))


def status(call: Call) -> models.IssueStatus:
    """The issue's state and the counts of its deliveries."""
    return status_of(issue_status(call.site, _find(call)))


def edit(call: Call) -> models.Edited:
    """Change one thing; 409 when somebody else has changed the same since `version`."""
    issue, body = _find(call), call.body
    fields: dict[str, str] = body.model_dump(exclude={"version"}, exclude_none=True)
    if body.action == "rewrite":
        fields = {**_present_words(item_of(issue, body.item)), **fields}
    done = edit_issue(
        call.site,
        call.slug,
        issue.number,
        read_edits(fields, issue),
        editor=call.editor.address,
        seen=body.version,
        now=call.clock(),
    )
    return models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


def add_by_url(call: Call) -> models.Edited:
    """Fetch an article and put it into a section, pinned."""
    done = add_article(
        call.site,
        call.slug,
        _find(call).number,
        url=call.body.url,
        section=call.body.section,
        editor=call.editor.address,
        seen=call.body.version,
        now=call.clock(),
    )
    return models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


def lint(call: Call) -> models.Lint:
    """What stands against the issue's final HTML and text."""
    return _lint(lint_issue(call.site, call.slug, call.number, now=call.clock()))


def preview(call: Call) -> models.Preview:
    """The message as one reader would get it."""
    seen = preview_issue(
        call.site,
        call.slug,
        call.number,
        as_address=call.query.get("as"),
        now=call.clock(),
    )
    return models.Preview(
        issue=seen.issue.name,
        html=seen.html,
        text=seen.text,
        message=seen.message.decode("utf-8"),
        lint=_lint(seen.findings),
    )


def approve(call: Call) -> models.Moved:
    """Freeze the issue's bytes."""
    return _moved(approve_issue(call.site, call.slug, call.number, now=call.clock()))


def schedule(call: Call) -> models.IssueStatus:
    """Send the approved issue at another time."""
    chosen = call.body.send_at
    issue = reschedule(
        call.site,
        call.slug,
        call.number,
        send_at=in_zone(chosen, call.site.settings.site.zone) if chosen else None,
        editor=call.editor.address,
        now=call.clock(),
    )
    return status_of(issue_status(call.site, issue))


def hold(call: Call) -> models.Moved:
    """Keep the issue from being sent."""
    note = f"held by {call.editor.address}"
    return _moved(hold_issue(call.site, call.slug, call.number, note=note))


def stop(call: Call) -> models.Moved:
    """Stop the presses."""
    return _moved(stop_issue(call.site, call.slug, call.number))


def test(call: Call) -> models.Receipt:
    """Send one marked test message."""
    receipt = send_trial(call.site, call.slug, call.number, to=call.body.to, now=call.clock())
    return models.Receipt(
        to=call.body.to, relay=receipt.relay, code=receipt.code, text=receipt.text
    )


def send(call: Call) -> models.IssueStatus:
    """Begin to deliver, or go on with it; the counts are those of the beginning."""
    issue = _find(call)
    call.send_jobs.start(call.slug, issue.number)
    return status_of(issue_status(call.site, _find(call, issue.number)))


def rehearse(call: Call) -> models.Rehearsed:
    """Count the messages that a send would make."""
    return models.Rehearsed.model_validate(
        rehearse_send(call.site, call.slug, call.number, out=None, now=call.clock())
    )


def list_unknown(call: Call) -> models.UnknownDeliveries:
    """Deliveries whose outcome nobody knows."""
    rows = settling.unknown_deliveries(call.site, call.slug, call.number)
    return models.UnknownDeliveries.model_validate({"unknown": rows})


def settle(call: Call) -> models.Settled:
    """Send them again, or leave it at that."""
    settled = settling.settle(
        call.site, call.slug, call.number, choice=call.body.choice, now=call.clock()
    )
    return models.Settled(settled=settled)


def status_of(one: IssueStatus) -> models.IssueStatus:
    """An issue's status in the shape of `status --json`."""
    return models.IssueStatus(
        issue=one.issue.name,
        state=one.issue.state,
        window=models.Window.model_validate(one.issue.window),
        due=one.issue.due,
        send_at=one.issue.send_at,
        note=one.issue.note,
        audience=one.audience,
        deliveries={state.value: count for state, count in one.deliveries.items()},
        clicks=models.Clicks.model_validate(one.clicks) if one.clicks else None,
    )


def _find(call: Call, number: int | None = None) -> Issue:
    with call.site.database.transaction(read_only=True) as connection:
        return find_issue(connection, call.slug, number or call.number)


def _moved(issue: Issue) -> models.Moved:
    return models.Moved(issue=issue.name, state=issue.state, note=issue.note)


def _lint(findings: Sequence[Finding]) -> models.Lint:
    return models.Lint(
        blocking=sum(finding.severity == "blocking" for finding in findings),
        warnings=sum(finding.severity == "warning" for finding in findings),
        findings=[models.Finding.model_validate(finding) for finding in findings],
    )


def _present_words(item: IssueItem) -> dict[str, str]:
    """What a form of the desk would hold, so that a field that is not given stays."""
    image = item.image
    return {
        "title": item.title,
        "summary": item.summary,
        "link_text": item.overrides.link_text or "",
        "image_url": image.url if image else "",
        "image_alt": image.alt if image else "",
        "no_image": "yes" if item.overrides.no_image else "no",
    }


def _issue(issue: Issue) -> models.Issue:
    return models.Issue(
        issue=issue.name,
        state=issue.state,
        version=issue.version,
        subject=issue.subject,
        preheader=issue.preheader,
        intro=issue.words.intro,
        closing=issue.words.closing,
        window=models.Window.model_validate(issue.window),
        due=issue.due,
        send_at=issue.send_at,
        note=issue.note,
        items=[_item(item) for item in issue.items],
        left_out=[models.LeftOut.model_validate(entry) for entry in issue.left_out],
    )


def _item(item: IssueItem) -> models.Item:
    article = item.article
    return models.Item(
        id=item_id(article),
        title=item.title,
        url=article.url,
        tags=[tag.label for tag in article.tags],
        author=article.author,
        agency=article.agency,
        summary=item.summary,
        body_text=article.body_text,
        published=article.published,
        source=article.source,
        section=item.section,
        position=item.position,
        pinned=item.pinned,
        hidden=item.hidden,
        reason=item.reason,
    )
