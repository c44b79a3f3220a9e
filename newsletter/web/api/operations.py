"""Every operation of the API: the routes and the document are made from this table."""

from __future__ import annotations

from newsletter.web.api import issues, models, people, people_models
from newsletter.web.api.operation import Operation

_ALL = "/newsletters/{newsletter}"
_ONE = _ALL + "/issues/{number}"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET", path="/newsletters", name="newsletters", group="Site",
        summary="The site's newsletters", answer=people.newsletters, gives=people_models.Newsletters,
    ),
    Operation(
        method="GET", path="/status", name="status", group="Site",
        summary="Every issue with its deliveries, what is due, and whether the site may send",
        answer=people.status, gives=models.SiteStatus,
    ),
    Operation(
        method="GET", path="/audit", name="audit", group="Site", publisher=True,
        summary="Who did what, the newest first",
        answer=people.read_audit, gives=people_models.Audit,
        query={"before": "The id of an entry: those older than it"},
    ),
    Operation(
        method="POST", path=_ALL + "/gather", name="gather",
        summary="Fetch the newsletter's sources", answer=issues.gather, gives=models.Gathered,
    ),
    Operation(
        method="POST", path=_ALL + "/draft", name="draft",
        summary="Make or refresh the coming issue", answer=issues.draft, gives=models.Issue,
    ),
    Operation(
        method="GET", path=_ALL + "/issues", name="list issues",
        summary="The newsletter's issues with their deliveries",
        answer=issues.list_issues, gives=models.IssueList,
    ),
    Operation(
        method="GET", path=_ONE, name="show",
        summary="An issue with its items, and what it left out and why",
        answer=issues.show, gives=models.Issue,
    ),
    Operation(
        method="GET", path=_ONE + "/status", name="issue status",
        summary="An issue's state and the counts of its deliveries",
        answer=issues.status, gives=models.IssueStatus,
    ),
    Operation(
        method="POST", path=_ONE + "/edits", name="edit",
        summary="Change one thing; refused when somebody else has changed the same meanwhile",
        answer=issues.edit, takes=models.Edit, gives=models.Edited,
    ),
    Operation(
        method="POST", path=_ONE + "/articles", name="add article",
        summary="Fetch an article by its address and put it into a section",
        answer=issues.add_by_url, takes=models.AddByUrl, gives=models.Edited,
    ),
    Operation(
        method="GET", path=_ONE + "/lint", name="lint",
        summary="Findings in the final HTML and text", answer=issues.lint, gives=models.Lint,
    ),
    Operation(
        method="GET", path=_ONE + "/preview", name="preview",
        summary="The message as one reader would get it",
        answer=issues.preview, gives=models.Preview,
        query={"as": "A subscriber's address; without it the complete edition"},
    ),
    Operation(
        method="POST", path=_ONE + "/test", name="test",
        summary="Send one marked message to an address the site allows",
        answer=issues.test, takes=models.Trial, gives=models.Receipt,
    ),
    Operation(
        method="POST", path=_ONE + "/hold", name="hold",
        summary="Keep the issue from being sent until it is approved again",
        answer=issues.hold, gives=models.Moved,
    ),
    Operation(
        method="POST", path=_ONE + "/approve", name="approve", publisher=True,
        summary="Freeze the issue's bytes: what is approved is what is sent",
        answer=issues.approve, gives=models.Moved,
    ),
    Operation(
        method="POST", path=_ONE + "/schedule", name="schedule", publisher=True,
        summary="Send an approved issue at another time; its bytes stay",
        answer=issues.schedule, takes=models.Schedule, gives=models.IssueStatus,
    ),
    Operation(
        method="GET", path=_ONE + "/rehearsal", name="rehearse",
        summary="How many messages and editions a send would make",
        answer=issues.rehearse, gives=models.Rehearsed,
    ),
    Operation(
        method="POST", path=_ONE + "/send", name="send", publisher=True, status=202,
        summary="Begin to deliver an approved issue, or go on with it; its status tells how it goes",
        answer=issues.send, gives=models.IssueStatus,
    ),
    Operation(
        method="POST", path=_ONE + "/stop", name="stop", publisher=True,
        summary="Stop the presses; send goes on", answer=issues.stop, gives=models.Moved,
    ),
    Operation(
        method="GET", path=_ONE + "/unknown", name="unknown", publisher=True,
        summary="Deliveries whose outcome a crash hid",
        answer=issues.list_unknown, gives=models.UnknownDeliveries,
    ),
    Operation(
        method="POST", path=_ONE + "/unknown", name="settle", publisher=True,
        summary="Send them again, or leave it at that",
        answer=issues.settle, takes=models.Settle, gives=models.Settled,
    ),
    Operation(
        method="GET", path="/subscribers/{address}", name="show subscriber", publisher=True,
        group="Subscribers", summary="Everything known about a person",
        answer=people.show_subscriber, gives=people_models.Subscriber,
    ),
    Operation(
        method="POST", path="/lists/{list}/subscribers", name="add subscriber", publisher=True,
        group="Subscribers",
        summary="Put somebody who agreed on a list; who left or is suppressed is refused",
        answer=people.add_subscriber, takes=people_models.AddSubscriber, gives=people_models.Admitted,
    ),
    Operation(
        method="DELETE", path="/lists/{list}/subscribers/{address}", name="remove subscriber",
        publisher=True, group="Subscribers", summary="Unsubscribe somebody from a list",
        answer=people.remove_subscriber, gives=people_models.Unsubscribed,
    ),
    Operation(
        method="POST", path="/suppressions", name="suppress", publisher=True,
        group="Subscribers", summary="Never mail an address, or a whole domain",
        answer=people.suppress, takes=people_models.Suppress, gives=people_models.Suppressed,
    ),
)  # fmt: skip
