"""The article or block of an issue whose picture a form, or another program, changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from newsletter.articles.article import Image
from newsletter.issues.desk import find_block
from newsletter.issues.edits import Edit, Illustrate, IllustrateBlock
from newsletter.issues.issue import Issue
from newsletter.web.editor.forms import item_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What the picture belongs to. `name` and `id` are what forms call it, `anchor` its place on the desk."""

    name: str
    id: str
    title: str
    anchor: str
    image: Image | None
    edit: Callable[[Image | None], Edit]


def subject_of(issue: Issue, fields: Mapping[str, str]) -> Subject:
    """What the form or the address names. Raises UnknownNameError."""
    if name := fields.get("block"):
        block = find_block(issue, name)
        return Subject(
            name="block",
            id=block.id,
            title=block.title or block.shown_label,
            anchor=f"block-{block.id}",
            image=block.picture,
            edit=lambda image: IllustrateBlock(id=block.id, image=image),
        )
    identifier = fields.get("item", "")
    item = item_of(issue, identifier)
    return Subject(
        name="item",
        id=identifier,
        title=item.title,
        anchor=f"item-{identifier}",
        image=item.overrides.image or item.article.image,
        edit=lambda image: Illustrate(item=item.article.key, image=image),
    )
