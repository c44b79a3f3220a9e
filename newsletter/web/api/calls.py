"""One call of an operation: the editor who makes it, and the newsletter or issue it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request

from newsletter.errors import UnknownNameError
from newsletter.site.site import Site
from newsletter.store.users import Editor
from newsletter.web.editor.rehearsals import Rehearsals
from newsletter.web.editor.send_jobs import SendJobs

HIGHEST = 2**31 - 1
EDITOR = "newsletter.editor"
"""The key in a request's scope that holds the owner of its API key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiContext:
    """What the operations work with; kept in `app.state.context`."""

    site: Site
    send_jobs: SendJobs
    rehearsals: Rehearsals
    clock: Callable[[], datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call made by `editor`."""

    context: ApiContext
    editor: Editor

    @property
    def site(self) -> Site:
        """The site."""
        return self.context.site

    @property
    def now(self) -> datetime:
        """The current time, aware."""
        return self.context.clock()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterCall(Call):
    """A call that names a newsletter."""

    newsletter: str

    @property
    def slug(self) -> str:
        """The newsletter's short name. Raises UnknownNameError when the site has no such newsletter."""
        self.context.site.newsletter(self.newsletter)
        return self.newsletter


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueCall(NewsletterCall):
    """A call that names an issue of a newsletter. `issue` is the text in the path."""

    issue: str

    @property
    def number(self) -> int | None:
        """The issue's number; None for `current`. Raises UnknownNameError for anything else."""
        text = self.issue
        if text == "current":
            return None
        if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= HIGHEST:
            return int(text)
        raise UnknownNameError(f"there is no issue {text!r}", fix="write a number, or `current`")


NewsletterPath = Annotated[str, Path(description="The newsletter's short name")]
IssuePath = Annotated[str, Path(alias="number", description="The issue's number, or `current`")]


async def _call(request: Request) -> Call:
    return Call(context=request.app.state.context, editor=request.scope[EDITOR])


async def _newsletter_call(request: Request, newsletter: NewsletterPath) -> NewsletterCall:
    return NewsletterCall(
        context=request.app.state.context, editor=request.scope[EDITOR], newsletter=newsletter
    )


async def _issue_call(request: Request, newsletter: NewsletterPath, issue: IssuePath) -> IssueCall:
    return IssueCall(
        context=request.app.state.context,
        editor=request.scope[EDITOR],
        newsletter=newsletter,
        issue=issue,
    )


SiteWide = Annotated[Call, Depends(_call)]
OfNewsletter = Annotated[NewsletterCall, Depends(_newsletter_call)]
OfIssue = Annotated[IssueCall, Depends(_issue_call)]
