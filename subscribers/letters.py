"""Letters that are due to a reader, as values: which one, to whom, and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Template(StrEnum):
    """Which letter is to be written."""

    CONFIRM = "confirm"  # do you want this?
    ALREADY = "already"  # you asked for what you have
    WELCOME = "welcome"
    GOODBYE = "goodbye"  # with an undo
    HELP = "help"
    TAGS = "tags"  # which there are, and which you follow
    WHICH = "which"  # what you are subscribed to
    LINKS = "links"  # your personal links, for what a mail alone does not prove
    CHANGED = "changed"  # what your mail changed
    MOVE = "move"  # to the new address: is this you?
    MOVED = "moved"  # to the old one: this was you?
    ERASE = "erase"  # the link that erases
    EXPORT = "export"  # the link to everything known


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterRequest:
    """A mail that should go out now; whoever called renders and sends it.

    `subscriber_id` is 0 for somebody we do not know. `words` are what the template needs
    besides the links: texts, lists of texts and numbers.
    """

    template: Template
    address: str
    list_slug: str
    subscriber_id: int = 0
    words: Mapping[str, object] = field(default_factory=dict)
