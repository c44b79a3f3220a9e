"""Reasons and errors in an editor's few words, which name no machinery. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from newsletter.errors import Problem
from newsletter.issues.issue import Item
from newsletter.issues.reasons import InclusionReason

_MACHINERY = re.compile(
    r"`|newsletter\.toml|\[\[|\b\w+\.\w+\.\w+|\b[a-z]+_[a-z_]+\b|\s--\w|\bDNS\b"
)

ASK = "ask who runs the site"


def fix_for_editor(problem: Problem) -> str:
    """The problem's fix, "" if it has none; ASK where it names a configuration key, a file or a command."""
    return ASK if names_machinery(problem.fix or "") else problem.fix or ""


def names_machinery(text: str) -> bool:
    """Whether the text names a configuration key, a file or a command, addresses apart."""
    without_addresses = re.sub(r"https?://\S+|\S+@\S+", "", text)
    return _MACHINERY.search(without_addresses) is not None


_ADMITTED = {
    InclusionReason.FIRST_SEEN_LATE: "First seen late",
    InclusionReason.KEPT: "Kept by an editor",
    InclusionReason.WITHDRAWN_BUT_KEPT: "Withdrawn by its source, kept by an editor",
    InclusionReason.GONE_BUT_KEPT: "Gone from its sources, kept by an editor",
    InclusionReason.ADDED: "Added by an editor",
}


def why(item: Item) -> str:
    """Why the article is where it is, such as "In Security: tag security"."""
    reason = item.reason
    if reason.kind is InclusionReason.FREE_TEXT:
        return reason.text
    place = ""
    if reason.section:
        tags = ", ".join(reason.tags)
        by = f"tag{'s' if len(reason.tags) > 1 else ''} {tags}" if tags else "fits no other section"
        place = f"In {reason.section}: {by}"
    follows = f"Follows No. {item.follows.number}" if item.follows else ""
    return ". ".join(part for part in (_ADMITTED.get(reason.kind, ""), place, follows) if part)


def age(at: datetime, now: datetime, zone: tzinfo) -> str:
    """How long ago that is, such as "3 h ago"; its day when it is two weeks ago or more."""
    passed = now - at
    if passed < timedelta(hours=1):
        minutes = passed // timedelta(minutes=1)
        return f"{minutes} min ago" if minutes > 0 else "just now"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} h ago"
    days = passed // timedelta(days=1)
    if days < 14:
        return f"{days} day{'s' if days > 1 else ''} ago"
    local = at.astimezone(zone)
    return f"{local:%-d %b}" if local.year == now.astimezone(zone).year else f"{local:%-d %b %Y}"
