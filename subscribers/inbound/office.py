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
    spelling means, or None. `issue_of(connection, subscriber_id, list, message_ids)`: the number
    of the issue that one of these was this reader's copy of, or None. `issues_sent(connection, subscriber_id,
    list)`: the numbers of the issues that went out to the reader.
    """

    domain: str
    list_slugs: frozenset[str]
    zone: tzinfo
    tokens: Tokens
    return_paths: ReturnPaths
    tags_of: Callable[[str], Mapping[str, str]]
    tag_named: Callable[[str], str | None]
    issue_of: Callable[[sa.Connection, int, str, Sequence[str]], int | None]
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
    RETRY = "retry"  # it could not be handled and is attempted again
    STOP = "stop"  # a bounce about us: the run stops, the operator is told
    FORWARD = "forward"  # to the editors
    QUARANTINE = "quarantine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of one message.

    `letters` are due now. `policy` is the list and issue number that a receiver refused on
    its policy, with its words in `reason`. `keep`: the message itself is not thrown away.
    `problem` says to the operator why nothing was done, or not everything.
    """

    action: Action
    address: str = ""
    letters: tuple[Letter, ...] = ()
    policy: tuple[str, int] | None = None
    reason: str = ""
    problem: str = ""
    keep: bool = False
