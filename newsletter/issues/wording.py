"""The sentences for the reasons of issues/reasons.py, for editors and operators."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Item, LeftOut
from newsletter.issues.reasons import (
    FailedSource,
    InclusionReason,
    LeftOutReason,
    StateNote,
    StateReason,
)
from newsletter.plural import counted


def note_text(note: StateNote | None) -> str:
    """The reason for an issue's state; "" where there is none."""
    if note is None:
        return ""
    match note.kind:
        case StateReason.LATE:
            return f"late by {note.late_by}, more than this newsletter allows"
        case StateReason.AWAITING_APPROVAL:
            return "waits for an editor's approval"
        case StateReason.HELD_BY_EDITOR:
            return f"held by {note.who or 'an editor'}"
        case StateReason.STOPPED_BY_EDITOR:
            return f"stopped by {note.who or 'an editor'}"
        case StateReason.REFUSED_BY_POLICY:
            return f"refused by policy: {note.text}"
        case StateReason.TOO_THIN:
            return f"{note.count} of at least {counted(note.least, 'article')}"
        case StateReason.SOURCES_FAILED:
            return _sources_failed(note)
        case StateReason.OPEN_COMMENTS:
            verb = "is" if note.count == 1 else "are"
            return f"waits until {counted(note.count, 'comment')} {verb} resolved"
        case StateReason.CLOSED_UNSENT:
            return f"closed by an editor with {counted(note.count, 'message')} unsent"
        case StateReason.FREE_TEXT:
            return note.text


def failed_sources_text(sources: Sequence[FailedSource]) -> str:
    """The sources that cannot be read, each with the time since when."""
    return ", ".join(f"{one.name} (since {one.since:%Y-%m-%d %H:%M} UTC)" for one in sources)


def _sources_failed(note: StateNote) -> str:
    failed = f"sources that cannot be read: {failed_sources_text(note.sources)}"
    if note.until is not None:
        return f"waits until {note.until:%Y-%m-%d %H:%M} UTC for {failed}"
    if note.count < note.least:
        return f"{note.count} of at least {counted(note.least, 'article')}; waits for {failed}"
    return f"waits for {failed}"


def inclusion_text(item: Item) -> str:
    """Why the article is in the issue and in its section, and what it follows up."""
    if item.reason.kind is InclusionReason.FREE_TEXT:
        return item.reason.text
    follows = item.follows and f"follows No. {item.follows.number}: {item.follows.title}"
    return "; ".join(part for part in (_admission(item), _placement(item), follows) if part)


def _admission(item: Item) -> str:
    published = f"published {item.article.published:%Y-%m-%d}"
    match item.reason.kind:
        case InclusionReason.IN_WINDOW:
            return f"{published}, inside the window"
        case InclusionReason.FIRST_SEEN_LATE:
            return f"{published}, before the window, but first seen since the last issue"
        case InclusionReason.KEPT:
            return "kept by an editor"
        case InclusionReason.WITHDRAWN_BUT_KEPT:
            return "withdrawn by its source; kept by an editor"
        case InclusionReason.GONE_BUT_KEPT:
            return "no source of this newsletter has it any more; kept by an editor"
        case InclusionReason.ADDED:
            return "added by an editor"
        case InclusionReason.FREE_TEXT:
            return item.reason.text


def _placement(item: Item) -> str:
    reason = item.reason
    if not reason.section:
        return ""
    by = (
        f" by its tags {', '.join(reason.tags)}"
        if reason.tags
        else ", which takes what no other section took"
    )
    covered = f", covered by {reason.other_sources + 1} sources" if reason.other_sources else ""
    return f"in {reason.section}{by}{covered}"


def left_out_text(out: LeftOut) -> str:
    """Why the article is not in the issue."""
    published = f"published {out.published:%Y-%m-%d}, " if out.published else ""
    match out.reason:
        case LeftOutReason.ALREADY_USED:
            return f"already in {out.detail}"
        case LeftOutReason.TOLD_ELSEWHERE:
            return f"already in {out.detail}, from another source"
        case LeftOutReason.WITHDRAWN:
            return "withdrawn by its source"
        case LeftOutReason.EXCLUDED:
            return f"excluded by the filter of {out.detail}"
        case LeftOutReason.NOT_INCLUDED:
            return f"not included by the filter of {out.detail}"
        case LeftOutReason.TOO_OLD:
            return f"{published}too old for {out.detail}"
        case LeftOutReason.UNDATED:
            return f"without a date, and already in {out.detail} when that was first read"
        case LeftOutReason.AFTER_WINDOW:
            return f"{published}after the window: waits for the next issue"
        case LeftOutReason.BEFORE_WINDOW:
            return f"{published}before the window"
        case LeftOutReason.AFTER_APPROVAL:
            return "came after the approval: waits for the next issue"
        case LeftOutReason.SUGGESTED:
            trouble = f"; its page cannot be read: {out.detail}" if out.detail else ""
            return f"suggested by readers{trouble}"
        case LeftOutReason.BY_MAIL:
            return f"came by mail, from {out.detail}"
        case LeftOutReason.NO_ROOM:
            return f"did not fit in {out.detail}"
        case LeftOutReason.NO_SECTION:
            return f"no section takes its tags ({out.detail or 'none'})"
        case LeftOutReason.UNPRINTABLE:
            return f"cannot be printed: {out.detail}"
        case LeftOutReason.FREE_TEXT:
            return out.detail
