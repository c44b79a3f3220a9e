"""Requests for letters to readers, as values: the template, the recipient, and the content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Template(StrEnum):
    """The template of a letter."""

    CONFIRM = "confirm"  # asks to confirm a subscription
    ALREADY = "already"  # says that the address is subscribed already
    WELCOME = "welcome"
    GOODBYE = "goodbye"  # confirms an unsubscription; with an undo link
    HELP = "help"
    TAGS = "tags"  # the tags on offer, and those the reader follows
    WHICH = "which"  # the reader's subscriptions
    LINKS = "links"  # the reader's personal links, for a command whose sender is not proven
    CHANGED = "changed"  # what the reader's mail changed
    MOVE = "move"  # to the new address: asks to confirm the change
    MOVE_ANSWER = "move_answer"  # to the old address: asks whether the change is right
    MOVED = "moved"  # to the old address: announces the change
    ERASE = "erase"  # the link that erases
    EXPORT = "export"  # the link to the reader's data
    FEED = "feed"  # the addresses of the reader's feed of a list that is not public
    SUGGESTED = "suggested"  # says that an issue had what the reader suggested


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterRequest:
    """A letter that should go out now; the caller renders and sends it.

    `subscriber_id` is 0 for an unknown person. `words` are the values that the template needs
    besides the links: texts, lists of texts and numbers.
    """

    template: Template
    address: str
    list_slug: str
    subscriber_id: int = 0
    words: Mapping[str, object] = field(default_factory=dict)
