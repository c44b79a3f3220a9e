"""The editor's desk: applies edits to an issue, and finds the edits that undo them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from newsletter.errors import NotPermittedError, UnknownNameError
from newsletter.issues.arrange import arrange
from newsletter.issues.blocks import Block
from newsletter.issues.edits import (
    Add,
    DropBlock,
    Edit,
    Hide,
    Illustrate,
    IllustrateBlock,
    Lead,
    Move,
    Pin,
    PutBlock,
    Rewrite,
    Say,
    TakeOut,
)
from newsletter.issues.issue import Issue, Item, Overrides, State, Words

EDITABLE = frozenset({State.DRAFT, State.HELD})
"""The states in which an issue may be edited; an approved issue must be reopened first."""


_NAMES = {"intro": "opening note", "closing": "closing note", "preheader": "preview text"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """The issue after some edits, the edits that undo them, and a description of them."""

    issue: Issue
    inverse: tuple[Edit, ...]
    said: str


def apply(issue: Issue, edits: Iterable[Edit], sections: Sequence[str]) -> Edited:
    """Apply the edits in their order; `sections` are titles in reading order.

    Raises UnknownNameError if an item or section does not exist, NotPermittedError if the issue
    may not be edited.
    """
    if issue.state not in EDITABLE:
        raise NotPermittedError(
            f"{issue.name} is {issue.state} and cannot be edited",
            fix="reopen it first: an approved issue is sent as it was approved",
        )
    inverse: list[Edit] = []
    said: list[str] = []
    edits = tuple(edits)
    for edit in edits:
        done = _apply_one(issue, edit, sections)
        issue, inverse = done.issue, [*done.inverse, *inverse]
        said.append(done.said)
    together = _said_together(edits) if len(edits) > 1 else ""
    return Edited(issue=issue, inverse=tuple(inverse), said=together or " · ".join(said))


def _said_together(edits: Sequence[Edit]) -> str:
    """One description of the same edit of several articles; "" where they are not the same."""
    if len({(edit.kind, getattr(edit, "on", None)) for edit in edits}) > 1:
        return ""
    several = f"{len(edits)} articles"
    match edits[0]:
        case Move(section=section) if {edit.section for edit in edits} == {section}:  # type: ignore[union-attr] # all are moves
            return f"moved {several} to {section}"
        case Pin(on=on):
            return f"{'pinned' if on else 'unpinned'} {several}"
        case Hide(on=on):
            return f"removed {several} from the issue" if on else f"put {several} back"
        case Add():
            return f"added {several}"
    return ""


def find_item(issue: Issue, key: str) -> Item:
    """The item of this article; raises UnknownNameError."""
    item = next((item for item in issue.items if item.article.key == key), None)
    if item is None:
        raise UnknownNameError(
            f"the article {key} is no longer in {issue.name}",
            fix="look for it among the articles left out",
        )
    return item


def find_block(issue: Issue, wanted: str) -> Block:
    """The block with this id; raises UnknownNameError."""
    block = next((block for block in issue.blocks if block.id == wanted), None)
    if block is None:
        raise UnknownNameError(f"this block is no longer in {issue.name}", fix="add it again")
    return block


def _apply_one(issue: Issue, edit: Edit, sections: Sequence[str]) -> Edited:
    match edit:
        case Move():
            return _move(issue, edit, sections)
        case Lead():
            return _lead(issue, edit, sections)
        case Pin():
            item = find_item(issue, edit.item)
            return Edited(
                issue=_with(issue, replace(item, pinned=edit.on)),
                inverse=(Pin(item=edit.item, on=item.pinned),),
                said=f"{'pinned' if edit.on else 'unpinned'} “{item.title}”",
            )
        case Hide():
            return _hide(issue, edit, sections)
        case Rewrite():
            item = find_item(issue, edit.item)
            reset = edit.overrides == Overrides()
            return Edited(
                issue=_with(issue, replace(item, overrides=edit.overrides)),
                inverse=(Rewrite(item=edit.item, overrides=item.overrides),),
                said=f"{'reset' if reset else 'rewrote'} “{item.article.title}”",
            )
        case Illustrate():
            return _illustrate(issue, edit)
        case Add() | TakeOut():
            return _add_or_take_out(issue, edit, sections)
        case Say():
            before = getattr(issue.words, edit.name)
            return Edited(
                issue=replace(issue, words=_worded(issue.words, edit)),
                inverse=(Say(name=edit.name, text=before),),
                said=f"changed the {_NAMES.get(edit.name, edit.name)}",
            )
        case PutBlock() | DropBlock():
            return _blocks(issue, edit)
        case IllustrateBlock():
            return _illustrate_block(issue, edit)


def _worded(words: Words, edit: Say) -> Words:
    match edit.name:
        case "subject":
            return replace(words, subject=edit.text)
        case "preheader":
            return replace(words, preheader=edit.text)
        case "intro":
            return replace(words, intro=edit.text or "")
        case "closing":
            return replace(words, closing=edit.text or "")


def _move(issue: Issue, edit: Move, sections: Sequence[str]) -> Edited:
    item = find_item(issue, edit.item)
    if edit.section not in sections:
        raise UnknownNameError(
            f"{issue.newsletter} has no section {edit.section!r}", fix=f"use {', '.join(sections)}"
        )
    was_lead = issue.shown_items[:1] == (item,)
    others = [other for other in issue.items if other.article.key != edit.item]
    lead = next((other for other in others if not other.hidden), None)
    if lead is not None:  # a move never makes an item the lead; that is a separate edit
        others = [lead, *(other for other in others if other is not lead)]
    keys = [other.article.key for other in others]
    index = keys.index(edit.before) if edit.before in keys else len(others)
    others.insert(
        max(index, 1) if lead else index, replace(item, section=edit.section, placed=edit.placed)
    )
    return Edited(
        issue=replace(issue, items=arrange(others, sections)),
        inverse=_back_to_place(issue, item, was_lead=was_lead),
        said=f"moved “{item.title}” in {edit.section}",
    )


def _lead(issue: Issue, edit: Lead, sections: Sequence[str]) -> Edited:
    item = find_item(issue, edit.item)
    shown = issue.shown_items
    old = shown[0] if shown else item
    others = [other for other in issue.items if other.article.key != edit.item]
    leading = replace(item, placed=edit.placed, hidden=False)
    back: tuple[Edit, ...] = (Lead(item=edit.item, placed=item.placed),)
    if old.article.key != item.article.key:
        back = (
            Lead(item=old.article.key, placed=old.placed),
            *_back_to_place(issue, item, was_lead=False),
        )
    if item.hidden:
        back = (*back, Hide(item=edit.item, on=True))
    return Edited(
        issue=replace(issue, items=arrange([leading, *others], sections)),
        inverse=back,
        said=f"made “{item.title}” the lead",
    )


def _hide(issue: Issue, edit: Hide, sections: Sequence[str]) -> Edited:
    item = find_item(issue, edit.item)
    was_lead = issue.shown_items[:1] == (item,)
    changed = _with(issue, replace(item, hidden=edit.on))
    back: list[Edit] = [Hide(item=edit.item, on=item.hidden)]
    if edit.on and was_lead:
        back.append(Lead(item=edit.item, placed=item.placed))
    return Edited(
        issue=replace(changed, items=arrange(changed.items, sections)),
        inverse=tuple(back),
        said=f"removed “{item.title}” from the issue" if edit.on else f"put “{item.title}” back",
    )


def _add_or_take_out(issue: Issue, edit: Add | TakeOut, sections: Sequence[str]) -> Edited:
    if isinstance(edit, TakeOut):
        item = find_item(issue, edit.item)
        items = [other for other in issue.items if other is not item]
        left_out = (edit.back, *issue.left_out) if edit.back else issue.left_out
        return Edited(
            issue=replace(issue, items=arrange(items, sections), left_out=left_out),
            inverse=(Add(article=item.article, section=item.section, reason=item.reason),),
            said=f"took “{item.title}” out again",
        )
    article = edit.article
    if any(item.article.key == article.key for item in issue.items):
        return Edited(issue=issue, inverse=(), said=f"“{article.title}” is already in")
    if edit.section not in sections:
        raise UnknownNameError(f"{issue.newsletter} has no section {edit.section!r}")
    item = Item(
        article=article,
        section=edit.section,
        position=len(issue.items),
        reason=edit.reason,
        pinned=True,
    )
    back = next((out for out in issue.left_out if out.key == article.key), None)
    return Edited(
        issue=replace(
            issue,
            items=arrange([*issue.items, item], sections),
            left_out=tuple(out for out in issue.left_out if out is not back),
        ),
        inverse=(TakeOut(item=article.key, back=back),),
        said=f"added “{article.title}” to {edit.section}",
    )


def _blocks(issue: Issue, edit: PutBlock | DropBlock) -> Edited:
    wanted = edit.block.id if isinstance(edit, PutBlock) else edit.id
    old = next((block for block in issue.blocks if block.id == wanted), None)
    if isinstance(edit, DropBlock):
        rest = tuple(block for block in issue.blocks if block.id != wanted)
        said = f"removed the block “{old.title}”" if old else "removed a block"
        undo: tuple[Edit, ...] = (PutBlock(block=old),) if old else ()
        return Edited(issue=replace(issue, blocks=rest), inverse=undo, said=said)
    if old is None:
        return Edited(
            issue=replace(issue, blocks=(*issue.blocks, edit.block)),
            inverse=(DropBlock(id=wanted),),
            said=f"added the block “{edit.block.title}”",
        )
    changed = replace(edit.block, picture=old.picture)  # which is changed by itself
    swapped = tuple(changed if block.id == wanted else block for block in issue.blocks)
    return Edited(
        issue=replace(issue, blocks=swapped),
        inverse=(PutBlock(block=old),),
        said=f"changed the block “{edit.block.title}”",
    )


def _illustrate(issue: Issue, edit: Illustrate) -> Edited:
    item = find_item(issue, edit.item)
    before = item.overrides
    after = replace(before, image=edit.image, no_image=edit.no_image)
    back = Illustrate(item=edit.item, image=before.image, no_image=before.no_image)
    return Edited(
        issue=_with(issue, replace(item, overrides=after)),
        inverse=(back,),
        said=f"changed the picture of “{item.title}”",
    )


def _illustrate_block(issue: Issue, edit: IllustrateBlock) -> Edited:
    block = find_block(issue, edit.id)
    changed = replace(block, picture=edit.image)
    return Edited(
        issue=replace(
            issue, blocks=tuple(changed if one.id == edit.id else one for one in issue.blocks)
        ),
        inverse=(IllustrateBlock(id=edit.id, image=block.picture),),
        said=f"changed the picture of the block “{block.title}”",
    )


def _back_to_place(issue: Issue, item: Item, *, was_lead: bool) -> tuple[Edit, ...]:
    """The edits that put the item back to its place in `issue`."""
    if was_lead:
        section = item.section
        first = Move(item=item.article.key, section=section, placed=item.placed)
        return (first, Lead(item=item.article.key, placed=item.placed))
    keys = [other.article.key for other in issue.items]
    after = issue.items[keys.index(item.article.key) + 1 :]
    neighbour = next((other for other in after if other.section == item.section), None)
    return (
        Move(
            item=item.article.key,
            section=item.section,
            before=neighbour.article.key if neighbour else "",
            placed=item.placed,
        ),
    )


def _with(issue: Issue, changed: Item) -> Issue:
    return replace(
        issue,
        items=tuple(
            changed if item.article.key == changed.article.key else item for item in issue.items
        ),
    )
