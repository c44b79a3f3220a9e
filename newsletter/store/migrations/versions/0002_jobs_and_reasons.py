"""What jobs ended with; reasons become values, where they were English sentences."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0002"
down_revision = "0001"

_DAYS = re.compile(r"late by (?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)(?:, |$)")
_THIN = re.compile(r"(\d+) of at least (\d+) articles")
_CLOSED = re.compile(r"closed by an editor with (\d+) messages unsent")
_PUBLISHED = re.compile(r"published \d{4}-\d\d-\d\d, ")

_issues = sa.table("issues", sa.column("id"), sa.column("note", sa.JSON(none_as_null=True)))
_left_out = sa.table(
    "left_out",
    sa.column("issue_id"),
    sa.column("position"),
    sa.column("reason"),
    sa.column("detail"),
)
_edits = sa.table(
    "edits",
    sa.column("issue_id"),
    sa.column("version"),
    sa.column("done", sa.JSON),
    sa.column("inverse", sa.JSON),
)


def upgrade() -> None:
    """Make the table of jobs, and turn the sentences that stand in the database into values."""
    op.create_table(
        "job_outcomes",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_outcomes")),
    )
    _convert_notes()
    op.add_column(
        "left_out", sa.Column("detail", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    connection = op.get_bind()
    # A site has few different sentences beside its articles' days, so each is read once.
    for (sentence,) in connection.execute(sa.select(_left_out.c.reason).distinct()).all():
        reason, detail = left_out_value(sentence)
        connection.execute(
            sa.update(_left_out)
            .where(_left_out.c.reason == sentence)
            .values(reason=reason, detail=detail)
        )
    _convert_edits()


def note_value(sentence: str) -> dict[str, Any] | None:
    """The value of an issue's note, as version 0001 wrote it in words."""
    if not sentence:
        return None
    if late := _DAYS.match(sentence):
        days, hours, minutes, seconds = (float(part or 0) for part in late.groups())
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return {"kind": "late", "late_by": f"PT{total:.15g}S"}
    if thin := _THIN.fullmatch(sentence):
        return {"kind": "too-thin", "count": int(thin[1]), "least": int(thin[2])}
    if closed := _CLOSED.fullmatch(sentence):
        return {"kind": "closed-unsent", "count": int(closed[1])}
    if sentence == "waits for an editor's approval":
        return {"kind": "awaiting-approval"}
    for words, kind, data in (
        ("held by ", "held-by-editor", "who"),
        ("stopped by ", "stopped-by-editor", "who"),
        ("refused by policy: ", "refused-by-policy", "text"),
    ):
        if sentence.startswith(words):
            rest = sentence.removeprefix(words)
            return {"kind": kind} if rest == "an editor" else {"kind": kind, data: rest}
    return {"kind": "free-text", "text": sentence}


def left_out_value(sentence: str) -> tuple[str, str]:
    """The reason for leaving an article out, and what it names, from version 0001's words."""
    undated = _PUBLISHED.sub("", sentence, count=1)
    fixed = {
        "after the window: waits for the next issue": "after-window",
        "before the window": "before-window",
        "came after the approval: waits for the next issue": "after-approval",
    }
    if undated in fixed:
        return fixed[undated], ""
    for words, end, reason in (
        ("already in ", "", "already-used"),
        ("no room left in ", "", "no-room"),
        ("no section takes its tags (", ")", "no-section"),
        ("cannot be printed: ", "", "unprintable"),
    ):
        if sentence.startswith(words) and sentence.endswith(end):
            detail = sentence.removeprefix(words).removesuffix(end)
            return reason, "" if reason == "no-section" and detail == "none" else detail
    return "free-text", sentence


def _convert_notes() -> None:
    connection = op.get_bind()
    before = sa.table("issues", sa.column("id"), sa.column("note", sa.String))
    notes = connection.execute(sa.select(before.c.id, before.c.note)).all()
    op.drop_column("issues", "note")
    op.add_column("issues", sa.Column("note", sa.JSON(), nullable=True))
    for number, sentence in notes:
        if (value := note_value(sentence)) is not None:
            connection.execute(sa.update(_issues).where(_issues.c.id == number).values(note=value))


def _convert_edits() -> None:
    """An edit that can be undone keeps the entry that its article came from."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_edits)).all():
        kept = {"done": row.done, "inverse": row.inverse}
        if not any(edit.get("back") for edits in kept.values() for edit in edits):
            continue
        connection.execute(
            sa.update(_edits)
            .where(_edits.c.issue_id == row.issue_id, _edits.c.version == row.version)
            .values({name: [_converted(edit) for edit in edits] for name, edits in kept.items()})
        )


def _converted(edit: dict[str, Any]) -> dict[str, Any]:
    back = edit.get("back")
    if not back:
        return edit
    reason, detail = left_out_value(back["reason"])
    return {**edit, "back": {**back, "reason": reason, "detail": detail}}
