"""The reasons for the state of an issue, and for each article that is in or left out, as values.

A reason is a kind with its data; issues/wording.py makes the sentences for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, TypeAdapter


class StateReason(StrEnum):
    """Why an issue is held, skipped or stopped, or a note about it."""

    LATE = "late"  # overdue by more than the newsletter allows
    AWAITING_APPROVAL = "awaiting-approval"
    HELD_BY_EDITOR = "held-by-editor"
    STOPPED_BY_EDITOR = "stopped-by-editor"
    REFUSED_BY_POLICY = "refused-by-policy"  # a receiver's, of the whole mailing
    TOO_THIN = "too-thin"
    SOURCES_FAILED = "sources-failed"  # some of its sources cannot be read
    OPEN_COMMENTS = "open-comments"  # of reviewers, which an editor has to resolve
    CLOSED_UNSENT = "closed-unsent"  # an editor gave up the rest of a stopped send
    FREE_TEXT = "free-text"  # written by an older version


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedSource:
    """A source that cannot be read: its name, since when, and what is wrong."""

    name: str
    since: datetime
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StateNote:
    """A reason for an issue's state, with its data.

    `late_by` belongs to LATE, `count` of `least` articles to TOO_THIN, `count` messages to
    CLOSED_UNSENT, `count` comments to OPEN_COMMENTS, `who` to the action of an editor; `text` is the text of a receiver or of an older version.
    `sources` belongs to SOURCES_FAILED, which may have an `until`, when the issue is sent without
    them, and the `count` of `least` articles of a thin issue.
    """

    kind: StateReason
    late_by: timedelta | None = None
    count: int = 0
    least: int = 0
    who: str = ""
    text: str = ""
    sources: tuple[FailedSource, ...] = ()
    until: datetime | None = None


class InclusionReason(StrEnum):
    """Why an article may be in an issue."""

    IN_WINDOW = "in-window"
    FIRST_SEEN_LATE = "first-seen-late"  # before the window, but since the last issue
    KEPT = "kept"  # by an editor, whatever the window says
    WITHDRAWN_BUT_KEPT = "withdrawn-but-kept"
    GONE_BUT_KEPT = "gone-but-kept"  # no source has it any more
    ADDED = "added"  # by an editor
    FREE_TEXT = "free-text"  # written by an older version


@dataclass(frozen=True, kw_only=True, slots=True)
class Inclusion:
    """Why an article is in an issue, and in its section.

    `section` is the section that took it, by the labels `tags`, or, if there are none, as what no
    other section took; "" if an editor placed it. `other_sources` counts the sources that have the
    story as well; `text` is the text of an older version.
    """

    kind: InclusionReason
    section: str = ""
    tags: tuple[str, ...] = ()
    other_sources: int = 0
    text: str = ""


ADDED = Inclusion(kind=InclusionReason.ADDED)
"""The reason of an item that an editor added."""


class LeftOutReason(StrEnum):
    """Why an article is not in an issue; the comments say what `LeftOut.detail` names."""

    ALREADY_USED = "already-used"  # the issue that took it
    TOLD_ELSEWHERE = "told-elsewhere"  # the issue that carried it from another source
    WITHDRAWN = "withdrawn"  # by all its sources
    EXCLUDED = "excluded"  # the source or section, and its pattern that keeps it out
    NOT_INCLUDED = "not-included"  # the source or section, and its patterns that let others in
    TOO_OLD = "too-old"  # the source or section
    UNDATED = "undated"  # the source that had it already when it was first read
    AFTER_WINDOW = "after-window"
    BEFORE_WINDOW = "before-window"
    AFTER_APPROVAL = "after-approval"
    SUGGESTED = "suggested"  # by readers, and in no source; why its page cannot be read
    BY_MAIL = "by-mail"  # and in no other source: an editor chooses; its source
    NO_ROOM = "no-room"  # the sections, or its source, each with its room
    NO_SECTION = "no-section"  # the article's tags
    UNPRINTABLE = "unprintable"  # the error in rendering it
    FREE_TEXT = "free-text"  # the whole reason, as an older version wrote it


_NOTE: TypeAdapter[StateNote | None] = TypeAdapter(
    StateNote | None, config=ConfigDict(defer_build=True)
)


def note_to_json(note: StateNote | None) -> dict[str, Any] | None:
    """The note as plain data, without default values."""
    dumped: dict[str, Any] | None = _NOTE.dump_python(note, mode="json", exclude_defaults=True)
    return dumped


def note_from_json(data: dict[str, Any] | None) -> StateNote | None:
    """The note that `note_to_json` wrote."""
    return _NOTE.validate_python(data)
