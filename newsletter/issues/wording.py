"""The sentences for the reasons of issues/reasons.py, for editors and operators."""

from __future__ import annotations

from newsletter.issues.issue import LeftOut
from newsletter.issues.reasons import LeftOutReason, StateNote, StateReason


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
            return f"{note.count} of at least {note.least} articles"
        case StateReason.CLOSED_UNSENT:
            return f"closed by an editor with {note.count} messages unsent"
        case StateReason.FREE_TEXT:
            return note.text


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
        case LeftOutReason.NO_ROOM:
            return f"no room left in {out.detail}"
        case LeftOutReason.NO_SECTION:
            return f"no section takes its tags ({out.detail or 'none'})"
        case LeftOutReason.UNPRINTABLE:
            return f"cannot be printed: {out.detail}"
        case LeftOutReason.FREE_TEXT:
            return out.detail
