"""One number of a newsletter: its items, its window, and the states it may pass through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.articles.article import Article, Image
from newsletter.issues.blocks import Block
from newsletter.issues.reasons import Inclusion, LeftOutReason, StateNote
from newsletter.issues.selection import EVERYONE, Selection


class State(StrEnum):
    """The state of an issue."""

    DRAFT = "draft"  # being made; every `draft` refreshes it
    APPROVED = "approved"  # editions frozen; waits for its send
    SENDING = "sending"  # deliveries are planned and under way
    SENT = "sent"  # every delivery has ended, and the counts are correct
    HELD = "held"  # waits for a person: too late, or held by an editor
    SKIPPED = "skipped"  # too thin or overtaken; its articles stay available
    STOPPED = "stopped"  # an editor stopped the send


MAY_BECOME: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.APPROVED, State.HELD, State.SKIPPED}),
    State.APPROVED: frozenset({State.SENDING, State.HELD, State.DRAFT}),
    State.SENDING: frozenset({State.SENT, State.STOPPED}),
    State.SENT: frozenset({State.SENDING}),  # only to resend what is unknown
    State.HELD: frozenset({State.APPROVED, State.DRAFT, State.SKIPPED}),
    State.SKIPPED: frozenset({State.DRAFT}),
    State.STOPPED: frozenset({State.SENDING, State.SENT}),  # resumed, or closed
}
"""The allowed changes of state; an issue that has begun to send never becomes a draft again."""

FROZEN_STATES = frozenset({State.APPROVED, State.SENDING, State.SENT, State.STOPPED})
"""The states in which the editions and the selection of readers are frozen."""

OPEN_STATES = frozenset({State.DRAFT, State.HELD, State.APPROVED})
"""The states before the send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The half-open period [start, end) whose articles an issue takes; both aware."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, kw_only=True, slots=True)
class Overrides:
    """An editor's texts and picture that replace those of the article; None keeps the article's."""

    title: str | None = None
    summary: str | None = None
    image: Image | None = None
    link_text: str | None = None
    no_image: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Follows:
    """The story that an item follows up, and the number of the issue that carried it."""

    number: int
    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An article in an issue. `reason` says why it is there, `placed` that an editor moved it."""

    article: Article
    section: str
    position: int
    reason: Inclusion
    pinned: bool = False
    hidden: bool = False
    placed: bool = False
    overrides: Overrides = Overrides()
    follows: Follows | None = None

    @property
    def touched(self) -> bool:
        """Whether an editor has changed it; a new draft keeps such an item."""
        return self.pinned or self.hidden or self.placed or self.overrides != Overrides()

    @property
    def title(self) -> str:
        """The headline readers see."""
        return self.overrides.title or self.article.title

    @property
    def summary(self) -> str:
        """The summary readers see."""
        return self.article.summary if self.overrides.summary is None else self.overrides.summary

    @property
    def image(self) -> Image | None:
        """The picture readers see."""
        if self.overrides.no_image:
            return None
        return self.overrides.image or self.article.image


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An article that is not in the issue, and why. `key` is the article's, where it has one.

    `detail` is what the reason names: an issue, sections, tags, or what is wrong.
    """

    title: str
    url: str
    reason: LeftOutReason
    detail: str = ""
    key: str = ""
    source: str = ""
    published: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The texts of editors around the articles; None means the text made from the items.

    `intro` and `closing` are Markdown.
    """

    subject: str | None = None
    preheader: str | None = None
    intro: str = ""
    closing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One number of a newsletter. `due` is the moment it serves; `items` in reading order."""

    newsletter: str
    number: int
    state: State
    window: Window
    due: datetime
    subject: str
    preheader: str
    items: tuple[Item, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    note: StateNote | None = None
    """Why the issue is held, skipped or stopped."""
    words: Words = Words()
    blocks: tuple[Block, ...] = ()
    version: int = 0
    """Grows with every change; an edit names the version that its editor saw."""
    send_at: datetime | None = None
    """The moment an editor chose for the send, in place of `due`; belongs to an approval."""
    selection: Selection = EVERYONE
    """Which readers it goes to, as frozen by an approval; before, the configuration says."""

    @property
    def name(self) -> str:
        """`weekly/12`, as the command line writes it."""
        return f"{self.newsletter}/{self.number}"

    @property
    def goes_out(self) -> datetime:
        """The moment from which it is sent."""
        return self.send_at or self.due

    @property
    def shown_items(self) -> tuple[Item, ...]:
        """The items readers see."""
        return tuple(item for item in self.items if not item.hidden)
