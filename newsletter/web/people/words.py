"""What the database says of people, in an editor's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.dated_letter import LetterState
from subscribers.subscriber import FeedUse, MailFormat, Status

STATUSES: Mapping[Status, str] = {
    Status.ACTIVE: "Subscribed",
    Status.PENDING: "Waiting to confirm",
    Status.UNSUBSCRIBED: "Unsubscribed",
    Status.BOUNCED: "Bounced",
    Status.COMPLAINED: "Marked as spam",
}

DELIVERIES: Mapping[DeliveryState, str] = {
    DeliveryState.PENDING: "Waiting",
    DeliveryState.CLAIMED: "Waiting",
    DeliveryState.TRANSMITTING: "On its way",
    DeliveryState.ACCEPTED: "Accepted",
    DeliveryState.DEFERRED: "Put off",
    DeliveryState.REJECTED: "Refused",
    DeliveryState.UNKNOWN: "Not known",
    DeliveryState.SUPPRESSED: "Not sent: left before",
    DeliveryState.EXPIRED: "Given up",
}

LETTERS: Mapping[LetterState, str] = {
    LetterState.WAITING: "Waiting for its day",
    LetterState.QUEUED: "On its way",
    LetterState.ACCEPTED: "Accepted",
    LetterState.REJECTED: "Refused",
    LetterState.EXPIRED: "Given up",
    LetterState.UNKNOWN: "Not known",
    LetterState.ISSUE: "Skipped: an issue came in its week",
    LetterState.LATE: "Skipped: its week was over",
    LetterState.ABSENT: "Not sent: left or paused before",
    LetterState.WITHDRAWN: "Not sent: the letter was deleted",
}

FORMS: Mapping[MailFormat, str] = {
    MailFormat.HTML: "With layout and pictures",
    MailFormat.LARGE: "Large type",
    MailFormat.CONTRAST: "High contrast",
    MailFormat.LARGE_CONTRAST: "Large type and high contrast",
    MailFormat.TEXT: "Plain text only",
}

_EVENTS = {
    "import": "Added from a file",
    "add": "Added",
    "subscribe": "Asked to join",
    "confirm": "Confirmed",
    "update": "Details changed",
    "preferences": "Changed their preferences",
    "pause": "Paused",
    "resume": "Went on reading",
    "feed": "Private feed changed",
    "unsubscribe": "Unsubscribed",
    "undo": "Came back",
    "restore": "Put back",
    "reason": "Said why they left",
    "move": "Changed their address",
    "suppress": "Blocked",
    "lift": "Unblocked",
    "merge": "Moved with their list",
}

_WAYS = {
    "one-click": "by the unsubscribe button of their mail program",
    "page": "on our page",
    "form": "by the sign-up form",
    "mail": "by mail",
    "reply": "by a reply to an issue",
    "complaint": "because they marked an issue as spam",
    "bounce": "because mail to them bounced",
    "provider": "through their mail provider",
    "operator": "by an editor",
    "api": "by a program",
    "import": "from a file",
}

WAYS_IN_A_WORD = {
    "one-click": "Unsubscribe button",
    "page": "Unsubscribe page",
    "form": "Form",
    "mail": "By mail",
    "reply": "By reply",
    "complaint": "Marked as spam",
    "bounce": "Bounced",
    "provider": "Mail provider",
    "operator": "Editor",
    "api": "Program",
    "import": "File",
    "erasure": "Erased",
}


def event_words(entry: Mapping[str, Any]) -> str:
    """One entry of a reader's history: "Unsubscribed by mail"."""
    event, way = str(entry["event"]), str(entry["way"])
    what = _EVENTS.get(event, event)
    how = _WAYS.get(way, "")
    return what if event == "import" or not how else f"{what} {how}"


def why_mailed(known: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether the reader is mailed, and a sentence that says why or why not.

    `known` is what `suppression_list.explain` answers.
    """
    if known["suppressions"]:
        first = known["suppressions"][0]
        whole = str(first["pattern"] or "").startswith("@")
        what = f"everybody at {first['pattern'][1:]}" if whole else "this address"
        return False, f"Gets no mail: {what} is blocked ({first['reason']})."
    if known["paused_until"]:
        return False, f"Gets no mail until {str(known['paused_until'])[:10]}: paused by the reader."
    by_feed = ", ".join(one["list"] for one in known["feeds"] if one["use"] == FeedUse.ALONE)
    if known["mailed"]:
        mailed = "Gets every issue of " + ", ".join(known["mailed"])
        return (
            True,
            f"{mailed}; reads {by_feed} by private feed alone." if by_feed else f"{mailed}.",
        )
    if by_feed:
        return False, f"Gets no issues by mail: reads {by_feed} by private feed alone."
    held = [one for one in known["subscriptions"] if not one["closed"]]
    if not held:
        return False, "Gets no mail: on no list."
    said = {Status(one["status"]): one["list"] for one in held}
    waits = said.get(Status.PENDING)
    if waits is not None:
        return False, f"Gets no mail yet: has not confirmed the subscription to {waits}."
    return False, "Gets no mail: " + ", ".join(
        f"{_LEFT[status]} {slug}" for status, slug in said.items() if status in _LEFT
    ) + "."


_LEFT = {
    Status.UNSUBSCRIBED: "unsubscribed from",
    Status.BOUNCED: "mail bounced for",
    Status.COMPLAINED: "marked as spam an issue of",
}

NOTICES = {
    "added": "Added to the list.",
    "asked": "Asked to confirm by mail; until then they get no issues.",
    "there": "They were on this list already.",
    "saved": "Saved.",
    "same": "Nothing was different.",
    "unsubscribed": "Unsubscribed.",
    "not-on": "They were on no list.",
    "feed-ended": "The feed has ended: its address opens nothing any more, and issues come by mail.",
    "no-feed": "There is no such feed.",
    "blocked": "Blocked: this address gets no mail from us.",
    "blocked-already": "This was blocked already.",
    "unblocked": "Unblocked. Subscriptions that ended stay ended.",
    "not-blocked": "This was not blocked.",
    "restored": "Back on the list.",
    "erased": "Erased. Nothing about this person is kept, except a code that keeps files from adding them again.",
    "handled": "Handled again.",
    "import-dropped": "The file was dropped. Nothing was changed.",
}
"""What the pages say was done, by the word in the URL."""
