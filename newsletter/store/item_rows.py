"""The items of an issue, and what it left out, as rows of their tables."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa

from newsletter.articles.article import Image
from newsletter.issues.issue import Follows, Item, LeftOut, Overrides
from newsletter.issues.reasons import Inclusion, InclusionReason, LeftOutReason
from newsletter.store.articles import article_from_json, article_to_json

_LEFT_OUT = tuple(field.name for field in fields(LeftOut))


def item_row(number: int, item: Item) -> dict[str, Any]:
    """The row of an item; `number` is the id of the issue's row."""
    return {
        "issue_id": number,
        "article_key": item.article.key,
        "section": item.section,
        "position": item.position,
        "pinned": item.pinned,
        "hidden": item.hidden,
        "placed": item.placed,
        "reason": {name: value for name, value in asdict(item.reason).items() if value},
        "overrides": asdict(item.overrides),
        "article": article_to_json(item.article),
        "follows": asdict(item.follows) if item.follows else None,
    }


def item_of(row: sa.Row[Any]) -> Item:
    """The item of a row."""
    image = row.overrides.get("image")
    return Item(
        article=article_from_json(row.article),
        section=row.section,
        position=row.position,
        reason=_inclusion(row.reason),
        pinned=row.pinned,
        hidden=row.hidden,
        placed=row.placed,
        overrides=Overrides(**{**row.overrides, "image": Image(**image) if image else None}),
        follows=Follows(**row.follows) if row.follows else None,
    )


def _inclusion(data: dict[str, Any]) -> Inclusion:
    kind, tags = InclusionReason(data["kind"]), tuple(data.get("tags", ()))
    return Inclusion(**{**data, "kind": kind, "tags": tags})


def left_out_of(row: sa.Row[Any]) -> LeftOut:
    """What was left out, of a row."""
    values = {name: getattr(row, name) for name in _LEFT_OUT}
    return LeftOut(**{**values, "reason": LeftOutReason(row.reason)})
