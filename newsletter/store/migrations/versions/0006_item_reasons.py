"""Why an article is in an issue becomes a value, where it was an English sentence."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KINDS = {
    "published {day}, inside the window": "in-window",
    "published {day}, before the window, but first seen since the last issue": "first-seen-late",
    "kept by an editor": "kept",
    "withdrawn by its source; kept by an editor": "withdrawn-but-kept",
    "no source of this newsletter has it any more; kept by an editor": "gone-but-kept",
    "added by an editor": "added",
}
_COVERED = re.compile(r"(.+), covered by (\d+) sources", re.DOTALL)
_REST = ", which takes what no other section took"
_BY_TAGS = " by its tags "

_items = sa.table(
    "items",
    sa.column("issue_id"),
    sa.column("article_key"),
    sa.column("article", sa.JSON),
    sa.column("follows", sa.JSON),
)
_before = sa.table("items", sa.column("issue_id"), sa.column("article_key"), sa.column("reason"))
_after = sa.table(
    "items", sa.column("issue_id"), sa.column("article_key"), sa.column("reason", sa.JSON)
)
_edits = sa.table(
    "edits",
    sa.column("issue_id"),
    sa.column("version"),
    sa.column("done", sa.JSON),
    sa.column("inverse", sa.JSON),
)


def upgrade() -> None:
    """Turn the sentences of items, and of edits that add one, into values."""
    connection = op.get_bind()
    sentences = {
        (row.issue_id, row.article_key): row.reason
        for row in connection.execute(sa.select(_before)).all()
    }
    op.drop_column("items", "reason")
    op.add_column(
        "items", sa.Column("reason", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
    )
    for issue_id in sorted({issue_id for issue_id, _key in sentences}):
        rows = connection.execute(sa.select(_items).where(_items.c.issue_id == issue_id)).all()
        for row in rows:
            sentence = sentences[row.issue_id, row.article_key]
            connection.execute(
                sa.update(_after)
                .where(_after.c.issue_id == issue_id, _after.c.article_key == row.article_key)
                .values(reason=reason_value(sentence, row.article, row.follows))
            )
    _convert_edits()


def reason_value(
    sentence: str, article: dict[str, Any], follows: dict[str, Any] | None
) -> dict[str, Any]:
    """The value of a reason as version 0005 wrote it in words.

    A sentence that would not be made again from the value, the article and what it follows up is
    kept as it is.
    """
    rest = sentence
    if follows:
        rest = rest.removesuffix(f"; follows No. {follows['number']}: {follows['title']}")
    for words, kind in _KINDS.items():
        admission = words.format(day=str(article.get("published"))[:10])
        if rest == admission:
            return {"kind": kind}
        placed = rest.removeprefix(f"{admission}; in ")
        if placed != rest and (placement := _placement(placed, article)):
            return {"kind": kind, **placement}
    return {"kind": "free-text", "text": sentence}


def _placement(words: str, article: dict[str, Any]) -> dict[str, Any] | None:
    """The section, tags and further sources; None if the article does not have those tags."""
    covered = _COVERED.fullmatch(words)
    others = {"other_sources": int(covered[2]) - 1} if covered else {}
    placed = covered[1] if covered else words
    if placed.endswith(_REST):
        return {"section": placed.removesuffix(_REST), **others}
    section, by, labels = placed.rpartition(_BY_TAGS)
    tags = _tags(labels, [tag["label"] for tag in article.get("tags") or ()])
    return {"section": section, "tags": tags, **others} if by and tags else None


def _tags(labels: str, known: list[str]) -> list[str]:
    """The article's labels that `labels` joins; [] if they are not the article's."""
    found: list[str] = []
    for label in known:
        if labels == label:
            return [*found, label]
        if labels.startswith(f"{label}, "):
            found.append(label)
            labels = labels.removeprefix(f"{label}, ")
    return []


def _convert_edits() -> None:
    connection = op.get_bind()
    for issue_id, version in connection.execute(
        sa.select(_edits.c.issue_id, _edits.c.version)
    ).all():
        this = (_edits.c.issue_id == issue_id, _edits.c.version == version)
        row = connection.execute(sa.select(_edits.c.done, _edits.c.inverse).where(*this)).one()
        before = {"done": row.done, "inverse": row.inverse}
        after = {name: [_converted(edit) for edit in edits] for name, edits in before.items()}
        if after != before:
            connection.execute(sa.update(_edits).where(*this).values(after))


def _converted(edit: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(edit.get("reason"), str):
        return edit
    return {**edit, "reason": reason_value(edit["reason"], edit["article"], None)}
