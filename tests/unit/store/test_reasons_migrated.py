"""The step that turned reasons into values: what an older version wrote in words is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.edits import TakeOut
from newsletter.issues.issue import LeftOut
from newsletter.issues.reasons import LeftOutReason, StateNote, StateReason
from newsletter.issues.wording import left_out_text, note_text
from newsletter.store.database import open_database
from newsletter.store.edit_log import history
from newsletter.store.issues import find_issue
from newsletter.store.migrations import upgrade

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)

NOTES = [
    ("", None),
    ("late by 7:00:00, more than max_lateness", StateNote(kind=StateReason.LATE, late_by=timedelta(hours=7))),
    (
        "late by 1 day, 2:03:04.500000, more than max_lateness",
        StateNote(kind=StateReason.LATE, late_by=timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ),
    ("waits for an editor's approval", StateNote(kind=StateReason.AWAITING_APPROVAL)),
    ("held by an editor", StateNote(kind=StateReason.HELD_BY_EDITOR)),
    ("held by ed@example.net", StateNote(kind=StateReason.HELD_BY_EDITOR, who="ed@example.net")),
    ("stopped by an editor", StateNote(kind=StateReason.STOPPED_BY_EDITOR)),
    ("refused by policy: 5.7.1 no", StateNote(kind=StateReason.REFUSED_BY_POLICY, text="5.7.1 no")),
    ("1 of at least 2 articles", StateNote(kind=StateReason.TOO_THIN, count=1, least=2)),
    (
        "closed by an editor with 12 messages unsent",
        StateNote(kind=StateReason.CLOSED_UNSENT, count=12),
    ),
    ("something else", StateNote(kind=StateReason.FREE_TEXT, text="something else")),
]  # fmt: skip

LEFT_OUT = [
    ("already in weekly/7", LeftOutReason.ALREADY_USED, "weekly/7"),
    (
        "published 2026-03-09, after the window: waits for the next issue",
        LeftOutReason.AFTER_WINDOW,
        "",
    ),
    ("published 2026-03-09, before the window", LeftOutReason.BEFORE_WINDOW, ""),
    ("came after the approval: waits for the next issue", LeftOutReason.AFTER_APPROVAL, ""),
    ("no room left in Security (1)", LeftOutReason.NO_ROOM, "Security (1)"),
    ("no section takes its tags (space, b)", LeftOutReason.NO_SECTION, "space, b"),
    ("no section takes its tags (none)", LeftOutReason.NO_SECTION, ""),
    ("cannot be printed: <b>", LeftOutReason.UNPRINTABLE, "<b>"),
    ("taken out by hand", LeftOutReason.FREE_TEXT, "taken out by hand"),
]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_stands_in_the_database_becomes_values(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Of every sentence there was; one that is unknown is kept as it is. Edits can be undone."""
    url = "sqlite:///old.db"
    if kind == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    upgrade(database, to="0001")
    old = sa.MetaData()
    with database.transaction() as connection:
        old.reflect(connection, only=["issues", "left_out", "edits"])
        for number, (sentence, _note) in enumerate(NOTES, start=1):
            connection.execute(
                sa.insert(old.tables["issues"]).values(
                    issue_row(database.is_sqlite, number, sentence)
                )
            )
        for position, (sentence, _reason, _detail) in enumerate(LEFT_OUT):
            connection.execute(
                sa.insert(old.tables["left_out"]).values(
                    issue_id=1,
                    position=position,
                    title="t",
                    url="u",
                    reason=sentence,
                    key=f"k{position}",
                    source="s",
                    published=moment(database.is_sqlite),
                )
            )
        back = {
            "title": "t",
            "url": "u",
            "reason": LEFT_OUT[0][0],
            "key": "k",
            "source": "s",
            "published": None,
        }
        connection.execute(
            sa.insert(old.tables["edits"]).values(
                issue_id=1, version=1, at=moment(database.is_sqlite), editor="e", said="s", targets=[],
                done=[], inverse=[{"kind": "take-out", "item": "k", "back": back}],
            )
        )  # fmt: skip
    upgrade(database)
    with database.transaction(read_only=True) as connection:
        for number, (_sentence, note) in enumerate(NOTES, start=1):
            assert find_issue(connection, "weekly", number).note == note
        issue = find_issue(connection, "weekly", 1)
        assert [(out.reason, out.detail) for out in issue.left_out] == [
            (reason, detail) for _sentence, reason, detail in LEFT_OUT
        ]
        (entry,) = history(connection, issue)
    (edit,) = entry.inverse
    assert isinstance(edit, TakeOut)
    assert edit.back is not None
    assert (edit.back.reason, edit.back.detail) == (LeftOutReason.ALREADY_USED, "weekly/7")
    database.close()


def moment(is_sqlite: bool) -> object:
    """NOW, as a reflected table of that database takes it."""
    return NOW.replace(tzinfo=None).isoformat() if is_sqlite else NOW


def issue_row(is_sqlite: bool, number: int, note: str) -> dict[str, object]:
    """An issue as version 0001 kept it."""
    now = moment(is_sqlite)
    return {
        "id": number, "newsletter": "weekly", "number": number, "state": "sent",
        "window_start": now, "window_end": now, "due": now, "due_date": f"2026-03-{number:02}",
        "subject": "s", "preheader": "p", "note": note, "frozen_hash": "", "words": {}, "blocks": [],
        "version": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("sentence", "note"), [pair for pair in NOTES if "late" not in pair[0]])
def test_the_words_for_a_note_are_what_they_were(sentence: str, note: StateNote | None) -> None:
    """`status` and the desk say of an old issue what they said."""
    assert note_text(note) == sentence


@pytest.mark.parametrize(("sentence", "reason", "detail"), LEFT_OUT)
def test_the_words_for_what_was_left_out_are_what_they_were(
    sentence: str, reason: LeftOutReason, detail: str
) -> None:
    """So do `show` and the desk, except that an article now "did not fit"."""
    out = LeftOut(title="t", url="u", reason=reason, detail=detail, published=NOW)
    assert left_out_text(out) == sentence.replace("no room left in", "did not fit in")
