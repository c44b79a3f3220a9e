"""What the API takes and returns about articles that readers suggested."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from newsletter.web.api.calls import HIGHEST
from newsletter.web.api.issue_models import LARGEST_VERSION
from newsletter.web.api.models import Given, Taken


class SuggestionDocument(Given):
    """One reader's suggestion of an article; `proven` is false for a mail that proves no writer."""

    id: int
    way: Literal["form", "mail"]
    proven: bool
    name: str
    words: str
    at: datetime


class SuggestedArticle(Given):
    """A suggested article, how many readers suggested it, and what became of it.

    `unproven` counts mails that do not prove who wrote them. `problem` says why its page could not
    be read, `issue` which issue had it.
    """

    id: int
    url: str
    title: str
    state: str
    problem: str
    issue: str
    readers: int
    unproven: int
    suggestions: list[SuggestionDocument]


class SuggestionList(Given):
    """What readers suggested to a newsletter, the oldest first."""

    suggestions: list[SuggestedArticle]


class AddSuggestion(Taken):
    """The section of the issue; by the article's tags if it is empty.

    `version` is that of the issue as it was read.
    """

    version: int = Field(ge=0, le=LARGEST_VERSION)
    section: str = ""


class DismissedSuggestion(Given):
    """A suggestion that is off the shelf; `changed` is false if it was decided before."""

    id: int
    changed: bool


class BlockSuggestions(Taken):
    """What to block: the article's site, or with `reader` who made that suggestion of it."""

    reader: int | None = Field(default=None, ge=1, le=HIGHEST)


class BlockedSuggestions(Given):
    """From where nothing more is taken."""

    blocked: str


class SuggestionBlock(Given):
    """A site or a reader from whom nothing is taken; `refused` counts what came since."""

    id: int
    kind: Literal["site", "reader"]
    label: str
    at: datetime
    by: str
    refused: int


class SuggestionBlocks(Given):
    """Everything that is blocked, the newest first."""

    blocks: list[SuggestionBlock]


class Unblocked(Given):
    """What is taken from again."""

    unblocked: str
