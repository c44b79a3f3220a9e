"""What handling inbound mail needs from the rest of the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

import sqlalchemy as sa

from subscribers.inbound.list_addresses import ReturnPaths
from subscribers.letters import LetterRequest
from subscribers.tokens import LinkTokens


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundContext:
    """The site's keys, the tags of its lists, and lookups in the ledger.

    `tags_of(list)` returns the tags on offer, slug to label. `tag_named(word)` returns the slug
    for a reader's spelling of a tag, or None. `issue_of(connection, subscriber_id, list,
    message_ids)` returns the number of the issue of which one of these was the reader's copy,
    or None. `issues_sent(connection, subscriber_id, list)` returns the numbers of the issues
    that went out to the reader, newest first. `accepted_of(connection, list, number)` returns how
    many messages of the issue relays accepted, and `pause_share` is the share of them beyond which
    refusals are about us. `former_names` gives the present names of lists by
    those that they had before. Strangers cannot join `hidden_lists`, and get no answer from them.
    """

    domain: str
    list_slugs: frozenset[str]
    zone: tzinfo
    tokens: LinkTokens
    return_paths: ReturnPaths
    tags_of: Callable[[str], Mapping[str, str]]
    tag_named: Callable[[str], str | None]
    issue_of: Callable[[sa.Connection, int, str, Sequence[str]], int | None]
    issues_sent: Callable[[sa.Connection, int, str], Sequence[int]]
    accepted_of: Callable[[sa.Connection, str, int], int]
    pause_share: float
    former_names: Mapping[str, str]
    hidden_lists: frozenset[str] = frozenset()


class Action(StrEnum):
    """What was done; the `action` of `newsletter receive --json`."""

    NONE = "none"
    SUBSCRIBE = "subscribe"  # asked to confirm, or already there
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    ASK = "ask"  # the writer is not proven: the reader was mailed their links
    HELP = "help"
    TAGS = "tags"
    PAUSE = "pause"
    RESUME = "resume"
    WHICH = "which"
    ERASE = "erase"  # the link that erases was mailed
    COUNT = "count"  # a bounce that ends nothing yet
    RETRY = "retry"  # it could not be handled and is attempted again
    SUGGEST = "suggest"  # an article, for the newsletter
    SOURCE = "source"  # kept for a source, to which it came
    STOP = "stop"  # a bounce about the sender: the run stops, the operator is notified
    FORWARD = "forward"  # to the editors
    QUARANTINE = "quarantine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """The result of handling one message.

    `letters` are due now. `policy` is the list and issue number that a receiver refused by its
    policy, with the text of the refusal in `reason`. `keep` means that the message is
    quarantined. `problem` tells the operator why nothing was done, or not everything.
    """

    action: Action
    address: str = ""
    letters: tuple[LetterRequest, ...] = ()
    policy: tuple[str, int] | None = None
    reason: str = ""
    problem: str = ""
    keep: bool = False
