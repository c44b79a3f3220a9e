"""Turns a submitted form of the desk into edits. Pure functions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

from newsletter.articles.article import Article, Image
from newsletter.errors import InputError, UnknownNameError
from newsletter.issues.blocks import MOST_MINUTES, Block, BlockKind, Place
from newsletter.issues.edits import (
    DropBlock,
    Edit,
    Hide,
    Illustrate,
    Lead,
    Move,
    Pin,
    PutBlock,
    Rewrite,
    Say,
)
from newsletter.issues.issue import Issue, Item, Overrides
from newsletter.rendering.safe_text import one_line, web_link

Fields = Mapping[str, str]

ON_CHOSEN = "-chosen"
"""Ends the name of an action that is done to all articles whose boxes are checked."""

_ON_SEVERAL = frozenset({"move", "pin", "unpin", "hide", "show"})

LONGEST_LINE, LONGEST_NOTE = 500, 20_000
"""The most characters of a title, and of a note or a block."""


def item_id(article: Article) -> str:
    """A short name for an item that is safe in URLs and element ids."""
    return hashlib.sha256(article.key.encode()).hexdigest()[:12]


def item_of(issue: Issue, identifier: str) -> Item:
    """The item with that `item_id`. Raises UnknownNameError."""
    for item in issue.items:
        if item_id(item.article) == identifier:
            return item
    raise UnknownNameError(
        "that article is no longer in the issue",
        fix="find it among the articles that were left out",
    )


def read_edits(fields: Fields, issue: Issue) -> tuple[Edit, ...]:
    """The edits that the pressed button asks for. Raises InputError and UnknownNameError."""
    action = fields.get("action", "")
    if action.endswith(ON_CHOSEN) and action.removesuffix(ON_CHOSEN) in _ON_SEVERAL:
        return _on_chosen(fields, issue, _ON_ITEMS[action.removesuffix(ON_CHOSEN)])
    if action in _ON_ITEMS:
        return _ON_ITEMS[action](fields, issue, item_of(issue, fields.get("item", "")))
    if action in _ON_ISSUE:
        return _ON_ISSUE[action](fields, issue)
    raise InputError(f"the desk has no action {action!r}", fix="reload the page")


def chosen(fields: Fields, name: str) -> list[str]:
    """The values of the boxes of that name that are checked; a form's fields are joined by lines.

    Raises InputError if none is.
    """
    values = [value for value in fields.get(name, "").split("\n") if value]
    if not values:
        raise InputError("no article is selected", fix="check the boxes of some articles first")
    return values


def _on_chosen(
    fields: Fields, issue: Issue, edits_of: Callable[[Fields, Issue, Item], tuple[Edit, ...]]
) -> tuple[Edit, ...]:
    items = [item_of(issue, identifier) for identifier in chosen(fields, "items")]
    return tuple(edit for item in items for edit in edits_of(fields, issue, item))


def in_section(issue: Issue, section: str) -> list[Item]:
    """The section's items as the desk shows them, without the lead, which has its own place."""
    lead = issue.shown_items[:1]
    return [item for item in issue.items if item.section == section and item not in lead]


def _move(fields: Fields, issue: Issue, item: Item) -> tuple[Edit, ...]:
    before = fields.get("before", "")
    return (
        Move(
            item=item.article.key,
            section=fields.get("section") or item.section,
            before=item_of(issue, before).article.key if before else "",
        ),
    )


def _up(_fields: Fields, issue: Issue, item: Item) -> tuple[Edit, ...]:
    keys = [other.article.key for other in in_section(issue, item.section)]
    index = keys.index(item.article.key) if item.article.key in keys else 0
    if index == 0:
        return ()
    return (Move(item=item.article.key, section=item.section, before=keys[index - 1]),)


def _down(_fields: Fields, issue: Issue, item: Item) -> tuple[Edit, ...]:
    keys = [other.article.key for other in in_section(issue, item.section)]
    if item.article.key not in keys[:-1]:
        return ()
    index = keys.index(item.article.key)
    before = keys[index + 2] if index + 2 < len(keys) else ""
    return (Move(item=item.article.key, section=item.section, before=before),)


def _rewrite(fields: Fields, _issue: Issue, item: Item) -> tuple[Edit, ...]:
    """The words, and the picture where the editor changed it in this form.

    A picture that came in the meantime, by an upload, stays where the form's fields still name the
    one that it was made with.
    """
    article, before = item.article, item.overrides
    image, no_image = before.image, before.no_image
    if fields.get("picture_was") != _mark(fields):
        image = _picture(fields, article.image, before.image)
        no_image = fields.get("no_image") == "yes"
    overrides = Overrides(
        title=_changed(one_line(_line(fields, "title")), article.title) or None,
        summary=_changed(_clipped(fields, "summary", LONGEST_NOTE), article.summary),
        link_text=one_line(_line(fields, "link_text")) or None,
        image=before.image,
        no_image=before.no_image,
    )
    edits: list[Edit] = []
    if overrides != before:
        edits.append(Rewrite(item=article.key, overrides=overrides))
    if (image, no_image) != (before.image, before.no_image):
        edits.append(Illustrate(item=article.key, image=image, no_image=no_image))
    return tuple(edits)


def picture_mark(item: Item) -> str:
    """A short digest of what the item's form shows of its picture."""
    image = item.overrides.image or item.article.image
    url, alt = (image.url, image.alt) if image else ("", "")
    return _digest(url, alt, item.overrides.no_image)


def _mark(fields: Fields) -> str:
    url, alt = fields.get("image_url", ""), fields.get("image_alt", "")
    return _digest(url, alt, fields.get("no_image") == "yes")


def _digest(url: str, alt: str, no_image: bool) -> str:
    told = "\n".join((one_line(url), one_line(alt), str(no_image)))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12]


def _picture(fields: Fields, own: Image | None, before: Image | None) -> Image | None:
    """The picture that the form names; what is known of the one that is there already is kept."""
    url = _line(fields, "image_url").strip()
    alt = one_line(_line(fields, "image_alt"))
    if url and not web_link(url):
        raise InputError(
            f"{url!r} is not the address of a picture", field="image", fix="begin it with https://"
        )
    if not url or (own is not None and (url, alt) == (own.url, own.alt)):
        return None
    for known in (before, own):
        if known is not None and url == known.url:
            return replace(known, alt=alt)
    return Image(url=url, alt=alt)


def _say_inbox(fields: Fields, issue: Issue) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    names: tuple[Literal["subject", "preheader"], ...] = ("subject", "preheader")
    for name in names:
        if name not in fields:
            continue
        own: str | None = getattr(issue.words, name)
        typed = one_line(_line(fields, name))
        # Text that equals the generated one was not written by the editor.
        generated = getattr(issue, name) if own is None else None
        text = None if not typed or typed == generated else typed
        if text != own:
            edits.append(Say(name=name, text=text))
    return tuple(edits)


def _say_note(name: Literal["intro", "closing"]) -> Callable[[Fields, Issue], tuple[Edit, ...]]:
    def read(fields: Fields, _issue: Issue) -> tuple[Edit, ...]:
        return (Say(name=name, text=_clipped(fields, name, LONGEST_NOTE).strip()),)

    return read


def _block(fields: Fields, issue: Issue) -> tuple[Edit, ...]:
    before = next((block for block in issue.blocks if block.id == fields.get("block")), None)
    made = before.made if before else None
    try:
        kind, place = BlockKind(fields.get("kind", "")), Place(fields.get("place", ""))
        on, starts, ends = (_day(fields, name) for name in ("on", "starts", "ends"))
    except ValueError as error:
        raise InputError(f"the block cannot be read: {error}", field="block") from error
    url = _line(fields, "url").strip()
    if url and not web_link(url):
        raise InputError(f"{url!r} is not a web address", field="url", fix="begin it with https://")
    if starts and ends and ends < starts:
        raise InputError("the block ends before it starts", field="ends", fix="swap the dates")
    block = Block(
        id=fields.get("block") or secrets.token_hex(6),
        kind=kind,
        title=one_line(_line(fields, "title")),
        label=one_line(_line(fields, "label")),
        text=_block_text(fields),
        url=url,
        link_text=one_line(_line(fields, "link_text")),
        on=on,
        minutes=_minutes(fields),
        place=place,
        starts=starts,
        ends=ends,
        made=made,
        picture=before.picture if before else None,
    )
    if not (block.title or block.text or made or block.picture):
        raise InputError("the block is empty", field="title", fix="give it a title")
    return (PutBlock(block=block),)


def _block_text(fields: Fields) -> str:
    """The text of a block; "" for an automatic list that the editor left as it was shown."""
    text = _clipped(fields, "text", LONGEST_NOTE).strip()
    return "" if text.splitlines() == fields.get("automatic", "").splitlines() else text


def _minutes(fields: Fields) -> int:
    text = fields.get("minutes", "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:5]) <= MOST_MINUTES):
        message = f"{text[:20]!r} is not a number of minutes"
        raise InputError(message, field="minutes", fix=f"give 1 to {MOST_MINUTES}")
    return int(text)


def _day(fields: Fields, name: str) -> date | None:
    text = fields.get(name, "").strip()
    return date.fromisoformat(text) if text else None


def _line(fields: Fields, name: str) -> str:
    return _clipped(fields, name, LONGEST_LINE)


def _clipped(fields: Fields, name: str, limit: int) -> str:
    text = fields.get(name, "").replace("\r\n", "\n")
    if len(text) > limit:
        raise InputError(f"that is longer than {limit:,} characters", field=name, fix="shorten it")
    return text


def _changed(text: str, own: str) -> str | None:
    return None if text.strip() == own.strip() else text


_ON_ITEMS: dict[str, Callable[[Fields, Issue, Item], tuple[Edit, ...]]] = {
    "move": _move,
    "up": _up,
    "down": _down,
    "lead": lambda _fields, _issue, item: (Lead(item=item.article.key),),
    "pin": lambda _fields, _issue, item: (Pin(item=item.article.key, on=True),),
    "unpin": lambda _fields, _issue, item: (Pin(item=item.article.key, on=False),),
    "hide": lambda _fields, _issue, item: (Hide(item=item.article.key, on=True),),
    "show": lambda _fields, _issue, item: (Hide(item=item.article.key, on=False),),
    "rewrite": _rewrite,
    "reset": lambda _fields, _issue, item: (Rewrite(item=item.article.key, overrides=Overrides()),),
}

_ON_ISSUE: dict[str, Callable[[Fields, Issue], tuple[Edit, ...]]] = {
    "say-inbox": _say_inbox,
    "say-intro": _say_note("intro"),
    "say-closing": _say_note("closing"),
    "block": _block,
    "drop-block": lambda fields, _issue: (DropBlock(id=fields.get("block", "")),),
}
