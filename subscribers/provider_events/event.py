"""One event that a provider reports of one message, and what it means for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from subscribers.blame.blame import OURS, Blame
from subscribers.blame.judge import Refusal, judge
from subscribers.inbound.verdict import Judgement, Verdict, status_in

MAX_TEXT = 1_000
"""Characters that are kept of any value: what a provider sends is a stranger's text in part."""


class EventKind(StrEnum):
    """What happened to a message."""

    FAILURE = "failure"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    NOTHING = "nothing"
    """It was accepted, delivered, delayed, opened …: nothing follows from it."""
    UNKNOWN = "unknown"
    """A kind of event that we do not know."""


class Said(StrEnum):
    """What the provider itself says about a failure, beside the receiver's words."""

    NOBODY = "nobody"
    """The address does not exist."""
    FULL = "full"
    """The mailbox is full."""
    OURS = "ours"
    """The receiver, or the provider, refuses us or our content."""
    PASSING = "passing"
    """It is temporary."""
    NOTHING = "nothing"
    """It is permanent, or it does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AboutMail:
    """The message that an event is about.

    `reference` and `message_id` are what we wrote into it, "" if they are not returned.
    """

    address: str = ""
    reference: str = ""
    message_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderEvent:
    """One event. `key` is the same if the provider reports the same event again.

    `verdict`, `blame`, `status` and `reason` are those of a failure.
    """

    key: str
    kind: EventKind
    about: AboutMail = AboutMail()
    verdict: Verdict = Verdict.SOFT
    blame: Blame = Blame.UNKNOWN
    status: str = ""
    reason: str = ""


def judge_failure(said: Said, *, status: str = "", text: str = "") -> Judgement:
    """What a failure means for the reader, for every provider (pure).

    The receiver's words take precedence. What is about us is never the reader's, whoever says so:
    the words, or the provider. A provider's "permanent" alone blames nobody.
    """
    blame = judge(Refusal(text=text, enhanced=status))
    if said is Said.OURS or blame in OURS:
        return Judgement(verdict=Verdict.POLICY, blame=blame if blame in OURS else Blame.POLICY)
    if blame is Blame.UNKNOWN:
        blame = _BLAMES.get(said, blame)
    is_hard = blame is Blame.READER and said in (Said.NOBODY, Said.NOTHING)
    return Judgement(verdict=Verdict.HARD if is_hard else Verdict.SOFT, blame=blame)


_BLAMES = {Said.NOBODY: Blame.READER, Said.FULL: Blame.MAILBOX, Said.PASSING: Blame.NOW}


def failure(
    key: str, said: Said, about: AboutMail, *, status: str = "", text: str = ""
) -> ProviderEvent:
    """A failed message, and what the provider and the receiver say of it."""
    status = status_in(status) or status_in(text)
    judged = judge_failure(said, status=status, text=text)
    return ProviderEvent(
        key=key,
        kind=EventKind.FAILURE,
        verdict=judged.verdict,
        blame=judged.blame,
        status=status,
        reason=" ".join(text.split())[:300],
        about=about,
    )


def text_at(document: Any, *path: str) -> str:
    """The text or number at the path in a JSON document; "" if there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, bool) or not isinstance(document, str | int | float):
        return ""
    return str(document)[:MAX_TEXT]


def table_at(document: Any, *path: str) -> dict[str, Any]:
    """The object at the path; an empty one if there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def list_at(document: Any, *path: str) -> list[Any]:
    """The array at the path; an empty one if there is none."""
    *before, last = path
    found = table_at(document, *before).get(last)
    return found if isinstance(found, list) else []


def message_id_in(text: str) -> str:
    """A Message-ID with its angle brackets, which some providers leave out."""
    bare = text.strip().strip("<>")
    return f"<{bare}>" if "@" in bare else ""
