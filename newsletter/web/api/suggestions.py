"""The operations on articles that readers suggested."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from newsletter.issues.suggestion import SuggestedStory
from newsletter.pipeline import suggestions as operations
from newsletter.web.api import issue_models
from newsletter.web.api import suggestion_models as models
from newsletter.web.api.calls import HIGHEST, OfIssue, OfNewsletter, SiteWide
from newsletter.web.api.issues import edit_request, issue_of
from newsletter.web.api.operation import Operation, make_router

_ALL = "/newsletters/{newsletter}/suggestions"
_ONE = _ALL + "/{suggestion}"
_BLOCKS = "/suggestion-blocks"

SuggestionPath = Annotated[
    int, Path(alias="suggestion", description="The suggested article's id", ge=1, le=HIGHEST)
]
BlockPath = Annotated[int, Path(alias="block", description="The block's id", ge=1, le=HIGHEST)]

editors = make_router(Operation, group="Suggestions")


@editors.get(_ALL, name="list suggestions")
def list_suggestions(call: OfNewsletter) -> models.SuggestionList:
    """What readers suggested to a newsletter, and what became of it."""
    found = operations.list_suggestions(call.site, call.slug)
    return models.SuggestionList(suggestions=[_document(story) for story in found])


@editors.post(
    "/newsletters/{newsletter}/issues/{number}/suggestions/{suggestion}", name="add suggestion"
)
def add(
    call: OfIssue, suggestion: SuggestionPath, body: models.AddSuggestion
) -> issue_models.Edited:
    """Put a suggested article into an issue."""
    request = edit_request(call, issue_of(call).number, body.version)
    done = operations.add_suggested(
        call.site, request, suggestion, section=body.section, now=call.now
    )
    return issue_models.Edited(issue=done.issue.name, version=done.issue.version, said=done.said)


@editors.post(_ONE + "/dismiss", name="dismiss suggestion")
def dismiss(call: OfNewsletter, suggestion: SuggestionPath) -> models.DismissedSuggestion:
    """Take a suggested article off the shelf."""
    changed = operations.dismiss(
        call.site, call.slug, suggestion, editor=call.editor.address, now=call.now
    )
    return models.DismissedSuggestion(id=suggestion, changed=changed)


@editors.post(_ONE + "/block", name="block suggestions")
def block(
    call: OfNewsletter, suggestion: SuggestionPath, body: models.BlockSuggestions
) -> models.BlockedSuggestions:
    """Take nothing more from a suggested article's site, or from one who suggested it."""
    site, slug, editor = call.site, call.slug, call.editor.address
    if body.reader is None:
        blocked = operations.block_site(site, slug, suggestion, editor=editor, now=call.now)
    else:
        blocked = operations.block_reader(
            site, slug, suggestion, body.reader, editor=editor, now=call.now
        )
    return models.BlockedSuggestions(blocked=blocked)


@editors.get(_BLOCKS, name="suggestion blocks")
def blocks(call: SiteWide) -> models.SuggestionBlocks:
    """From where no suggestion is taken, and how often one came since."""
    return models.SuggestionBlocks(
        blocks=[
            models.SuggestionBlock(
                id=one.id,
                kind=one.kind.value,
                label=one.label,
                at=one.blocked_at,
                by=one.blocked_by,
                refused=one.refused,
            )
            for one in operations.blocks(call.site)
        ]
    )


@editors.delete(_BLOCKS + "/{block}", name="unblock suggestions")
def unblock(call: SiteWide, block: BlockPath) -> models.Unblocked:
    """Take suggestions from there again."""
    lifted = operations.unblock(call.site, block, editor=call.editor.address, now=call.now)
    return models.Unblocked(unblocked=lifted.label)


def _document(story: SuggestedStory) -> models.SuggestedArticle:
    return models.SuggestedArticle(
        id=story.id,
        url=story.url,
        title=story.title,
        state=story.state.value,
        problem=story.problem,
        issue=story.issue,
        readers=story.readers,
        unproven=story.unproven,
        suggestions=[
            models.SuggestionDocument(
                id=one.id,
                way=one.way.value,
                proven=one.is_proven,
                name=one.name,
                words=one.words,
                at=one.suggested_at,
            )
            for one in story.suggestions
        ],
    )
