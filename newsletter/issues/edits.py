"""The edits that an editor may make: values that can be stored, undone and done again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from newsletter.articles.article import Article, Image
from newsletter.issues.blocks import Block
from newsletter.issues.issue import LeftOut, Overrides
from newsletter.issues.reasons import ADDED, Inclusion

WordName = Literal["subject", "preheader", "intro", "closing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """Put an item into a section, in front of another item, or at the section's end."""

    item: str
    section: str
    before: str = ""
    placed: bool = True
    kind: Literal["move"] = "move"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """Make an item the lead; the previous lead becomes the first of its section."""

    item: str
    placed: bool = True
    kind: Literal["lead"] = "lead"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """Keep an item in the issue, and in every reader's edition, whatever a new draft finds."""

    item: str
    on: bool
    kind: Literal["pin"] = "pin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hide:
    """Hide an item from readers, or show it again."""

    item: str
    on: bool
    kind: Literal["hide"] = "hide"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rewrite:
    """Put an editor's words and picture in place of the article's; empty overrides reset."""

    item: str
    overrides: Overrides
    kind: Literal["rewrite"] = "rewrite"


@dataclass(frozen=True, kw_only=True, slots=True)
class Illustrate:
    """Give an item another picture, or none; None for `image` is the article's own. Words stay."""

    item: str
    image: Image | None
    no_image: bool = False
    kind: Literal["illustrate"] = "illustrate"


@dataclass(frozen=True, kw_only=True, slots=True)
class IllustrateBlock:
    """Give a block a picture, or take it away. Words stay."""

    id: str
    image: Image | None
    kind: Literal["illustrate-block"] = "illustrate-block"


@dataclass(frozen=True, kw_only=True, slots=True)
class Add:
    """Put an article into a section, pinned, even if it is outside the window or there was no room."""

    article: Article
    section: str
    reason: Inclusion = ADDED
    kind: Literal["add"] = "add"


@dataclass(frozen=True, kw_only=True, slots=True)
class TakeOut:
    """Undo an `Add`; `back` is the entry of the article among those left out."""

    item: str
    back: LeftOut | None = None
    kind: Literal["take-out"] = "take-out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Say:
    """Set the subject, the preheader, or a note; None restores the text made from the items."""

    name: WordName
    text: str | None
    kind: Literal["say"] = "say"


@dataclass(frozen=True, kw_only=True, slots=True)
class PutBlock:
    """Add a block, or replace the one with its id."""

    block: Block
    kind: Literal["put-block"] = "put-block"


@dataclass(frozen=True, kw_only=True, slots=True)
class DropBlock:
    """Remove a block."""

    id: str
    kind: Literal["drop-block"] = "drop-block"


Edit = Annotated[
    Move
    | Lead
    | Pin
    | Hide
    | Rewrite
    | Illustrate
    | IllustrateBlock
    | Add
    | TakeOut
    | Say
    | PutBlock
    | DropBlock,
    Field(discriminator="kind"),
]

_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(
    tuple[Edit, ...], config=ConfigDict(defer_build=True)
)


def edits_to_json(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """The edits as plain data."""
    dumped: list[dict[str, Any]] = _EDITS.dump_python(tuple(edits), mode="json")
    return dumped


def edits_from_json(data: list[dict[str, Any]]) -> tuple[Edit, ...]:
    """The edits that `edits_to_json` wrote."""
    return _EDITS.validate_python(data)


def targets_of(edit: Edit) -> frozenset[str]:
    """What the edit changes; edits of one target conflict if their editors did not see each other's."""
    match edit:
        case Move():
            return frozenset({f"place {edit.item}"})
        case Lead():
            return frozenset({"lead", f"place {edit.item}"})
        case Pin() | Hide() | Rewrite():
            return frozenset({f"{edit.kind} {edit.item}"})
        case Illustrate():
            return frozenset({f"picture {edit.item}"})
        case IllustrateBlock():
            return frozenset({f"picture of block {edit.id}"})
        case Add():
            return frozenset({f"presence {edit.article.key}"})
        case TakeOut():
            kinds = ("presence", "rewrite", "picture")
            return frozenset(f"{kind} {edit.item}" for kind in kinds)
        case Say():
            return frozenset({edit.name})
        case PutBlock():
            return frozenset({f"block {edit.block.id}"})
        case DropBlock():
            return frozenset({f"block {edit.id}", f"picture of block {edit.id}"})
