"""Why an issue stands where it stands, and why an article is left out: values, not sentences.

What the program decides by is a kind and its data. The words for people are made at the edges,
by issues/wording.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter


class StateReason(StrEnum):
    """Why an issue is held, skipped or stopped, or what has to be known of it."""

    LATE = "late"  # overdue by more than the newsletter allows
    AWAITING_APPROVAL = "awaiting-approval"
    HELD_BY_EDITOR = "held-by-editor"
    STOPPED_BY_EDITOR = "stopped-by-editor"
    REFUSED_BY_POLICY = "refused-by-policy"  # a receiver's, of the whole mailing
    TOO_THIN = "too-thin"
    CLOSED_UNSENT = "closed-unsent"  # an editor gave up the rest of a stopped send
    FREE_TEXT = "free-text"  # written by an older version


@dataclass(frozen=True, kw_only=True, slots=True)
class StateNote:
    """A reason for an issue's state, with its data.

    `late_by` belongs to LATE, `count` of `least` articles to TOO_THIN, `count` messages to
    CLOSED_UNSENT, `who` to what an editor did, and `text` holds what a receiver or an older
    version said.
    """

    kind: StateReason
    late_by: timedelta | None = None
    count: int = 0
    least: int = 0
    who: str = ""
    text: str = ""


class LeftOutReason(StrEnum):
    """Why an article is not in an issue. What `LeftOut.detail` then names stands beside it."""

    ALREADY_USED = "already-used"  # the issue that took it
    TOLD_ELSEWHERE = "told-elsewhere"  # the issue that carried it as another source told it
    WITHDRAWN = "withdrawn"  # by every source that told it
    EXCLUDED = "excluded"  # the source or section, and its pattern that keeps it out
    NOT_INCLUDED = "not-included"  # the source or section, and its patterns that let others in
    TOO_OLD = "too-old"  # the source or section
    AFTER_WINDOW = "after-window"
    BEFORE_WINDOW = "before-window"
    AFTER_APPROVAL = "after-approval"
    NO_ROOM = "no-room"  # the sections, or its source, each with its room
    NO_SECTION = "no-section"  # the article's tags
    UNPRINTABLE = "unprintable"  # what the printer found wrong with it
    FREE_TEXT = "free-text"  # the whole reason, as an older version wrote it


_NOTE: TypeAdapter[StateNote | None] = TypeAdapter(StateNote | None)


def note_to_json(note: StateNote | None) -> dict[str, Any] | None:
    """The note as plain data, without what it does not say."""
    dumped: dict[str, Any] | None = _NOTE.dump_python(note, mode="json", exclude_defaults=True)
    return dumped


def note_from_json(data: dict[str, Any] | None) -> StateNote | None:
    """The note that `note_to_json` wrote."""
    return _NOTE.validate_python(data)
