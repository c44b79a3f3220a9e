"""Turns issues, statuses and findings into the documents of the API."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Issue, Item
from newsletter.issues.reasons import FailedSource
from newsletter.issues.wording import inclusion_text, left_out_text, note_text
from newsletter.pipeline.status import IssueStatus
from newsletter.rendering.lint import LintFinding
from newsletter.web.api import issue_models, source_models, status_models
from newsletter.web.editor.forms import item_id


def status_of(one: IssueStatus) -> status_models.IssueStatusDocument:
    """The issue's status in the shape of `status --json`."""
    return status_models.IssueStatusDocument(
        issue=one.issue.name,
        state=one.issue.state,
        window=status_models.WindowDocument.model_validate(one.issue.window),
        due=one.issue.due,
        send_at=one.issue.send_at,
        note=note_text(one.issue.note),
        audience=one.audience,
        deliveries={state.value: count for state, count in one.deliveries.items()},
        clicks=status_models.ClicksDocument.model_validate(one.clicks) if one.clicks else None,
        waiting=status_models.WaitingDocument.model_validate(one.waiting) if one.waiting else None,
        waves=[status_models.WaveDocument.model_validate(wave) for wave in one.waves],
    )


def moved(issue: Issue) -> status_models.Moved:
    """The issue's state after a move."""
    return status_models.Moved(issue=issue.name, state=issue.state, note=note_text(issue.note))


def lint_document(findings: Sequence[LintFinding]) -> issue_models.Lint:
    """The findings with their counts."""
    return issue_models.Lint(
        blocking=sum(finding.severity == "blocking" for finding in findings),
        warnings=sum(finding.severity == "warning" for finding in findings),
        findings=[issue_models.FindingDocument.model_validate(finding) for finding in findings],
    )


def failed_document(newsletter: str, source: FailedSource) -> source_models.FailedSourceDocument:
    """A source of the newsletter that cannot be read."""
    return source_models.FailedSourceDocument(
        newsletter=newsletter, source=source.name, since=source.since, problem=source.problem
    )


def issue_document(issue: Issue, failed: Sequence[FailedSource]) -> issue_models.IssueDocument:
    """The issue with its items, what it left out, and the sources that it lacks."""
    return issue_models.IssueDocument(
        issue=issue.name,
        state=issue.state,
        version=issue.version,
        subject=issue.subject,
        preheader=issue.preheader,
        intro=issue.words.intro,
        closing=issue.words.closing,
        window=status_models.WindowDocument.model_validate(issue.window),
        due=issue.due,
        send_at=issue.send_at,
        note=note_text(issue.note),
        items=[_item(item) for item in issue.items],
        left_out=[
            issue_models.LeftOutDocument(title=out.title, url=out.url, reason=left_out_text(out))
            for out in issue.left_out
        ],
        failed_sources=[failed_document(issue.newsletter, source) for source in failed],
    )


def _item(item: Item) -> issue_models.ItemDocument:
    article = item.article
    return issue_models.ItemDocument(
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
        reason=inclusion_text(item),
    )
