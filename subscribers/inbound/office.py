"""What acting on mail needs to know of the world outside this house."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

import sqlalchemy as sa

from subscribers.inbound.mailboxes import ReturnPaths
from subscribers.letters import Letter
from subscribers.tokens import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """The site's keys, the lists' tags, and the ledger's memory.

    `tags_of(list)` are the tags on offer, slug to label; `tag_named(word)` the slug a reader's
    spelling means, or None. `is_ours(connection, subscriber_id, list, message_ids)`: whether
    one of these is a mail that this reader was sent. `issues_sent(connection, subscriber_id,
    list)`: the numbers of the issues that went out to the reader.
    """

    domain: str
    list_slugs: frozenset[str]
    zone: tzinfo
    tokens: Tokens
    return_paths: ReturnPaths
    tags_of: Callable[[str], Mapping[str, str]]
    tag_named: Callable[[str], str | None]
    is_ours: Callable[[sa.Connection, int, str, Sequence[str]], bool]
    issues_sent: Callable[[sa.Connection, int, str], Sequence[int]]


class Action(StrEnum):
    """What was done; the `action` of `newsletter receive --json`."""

    NONE = "none"
    SUBSCRIBE = "subscribe"  # asked to confirm, or already there
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    ASK = "ask"  # not proven to be the reader's wish: their links were mailed to them
    HELP = "help"
    TAGS = "tags"
    PAUSE = "pause"
    RESUME = "resume"
    WHICH = "which"
    ERASE = "erase"  # the link that erases was mailed
    COUNT = "count"  # a bounce that ends nothing yet
    STOP = "stop"  # a bounce about us: the run stops, the operator is told
    FORWARD = "forward"  # to the editors
    QUARANTINE = "quarantine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of one message.

    `letters` are due now. `policy` is the list and issue number that a receiver refused on
    its policy, with its words in `reason`. `keep`: the message itself is not thrown away.
    """

    action: Action
    address: str = ""
    letters: tuple[Letter, ...] = ()
    policy: tuple[str, int] | None = None
    reason: str = ""
    keep: bool = False
