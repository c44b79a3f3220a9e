"""Divides an editor's note in Markdown at its fenced parts: a quote, an event, a podcast. Pure.

A part begins with `::: event Repair evening` and ends with `:::`. Lines below its first line may
name its date, link, button, label and minutes; an empty line ends them. A part whose kind or
values are not known stays in the note as text, where its writer sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from newsletter.issues.blocks import MOST_MINUTES, Block, BlockKind

MOST_PARTS = 40
"""In one note; what follows them is text."""

_KINDS = frozenset(BlockKind)
_BEGIN = re.compile(r" {0,3}:{3,}[ \t]*(?P<kind>[a-z]+)(?:[ \t]+(?P<title>.*))?", re.IGNORECASE)
_END = re.compile(r" {0,3}:{3,}")
_CODE_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})")
_FIELD = re.compile(r"(?P<name>date|link|button|label|minutes):(?P<value>.*)", re.IGNORECASE)


def note_parts(source: str) -> tuple[str | Block, ...]:
    """The texts and parts of a note, in its order; texts that are blank are left out."""
    parts: list[str | Block] = []
    text: list[str] = []
    lines = source.splitlines()
    index, fence, left = 0, "", MOST_PARTS
    while index < len(lines):
        begin = _BEGIN.fullmatch(lines[index].rstrip()) if left and not fence else None
        if begin is None or begin["kind"].lower() not in _KINDS:
            fence = _fence_after(lines[index], fence)
            text.append(lines[index])
            index += 1
            continue
        end = _end_of_part(lines, index + 1)
        parts += [*_texts(text), _part(begin, lines[index + 1 : end])]
        text, index, left = [], end + 1, left - 1
    return (*parts, *_texts(text))


def _texts(lines: Sequence[str]) -> Iterator[str]:
    text = "\n".join(lines)
    if text.strip():
        yield text


def _end_of_part(lines: Sequence[str], start: int) -> int:
    """The number of the line that ends the part, or of the line after the last one."""
    fence = ""
    for index in range(start, len(lines)):
        if not fence and _END.fullmatch(lines[index].rstrip()):
            return index
        fence = _fence_after(lines[index], fence)
    return len(lines)


def _fence_after(line: str, fence: str) -> str:
    """The marks of the block of code that is open after this line, or ""."""
    found = _CODE_FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found["marks"]
    closes = found["marks"].startswith(fence) and not line[found.end() :].strip()
    return "" if closes else fence


def _part(begin: re.Match[str], lines: Sequence[str]) -> Block:
    block = Block(
        id="", kind=BlockKind(begin["kind"].lower()), title=(begin["title"] or "").strip()
    )
    for index, line in enumerate(lines):
        field = _FIELD.fullmatch(line.rstrip())
        changed = (
            _with_field(block, field["name"].lower(), field["value"].strip()) if field else None
        )
        if changed is None:
            return replace(block, text="\n".join(lines[index:]).strip("\n"))
        block = changed
    return block


def _with_field(block: Block, name: str, value: str) -> Block | None:
    """The block with this field, or None where the value is of another form."""
    match name:
        case _ if not value:
            return None
        case "date":
            try:
                return replace(block, on=date.fromisoformat(value))
            except ValueError:
                return None
        case "minutes":
            minutes = int(value) if re.fullmatch(r"[0-9]{1,4}", value) else 0
            return replace(block, minutes=minutes) if 0 < minutes <= MOST_MINUTES else None
        case "link":
            return replace(block, url=value) if _is_web_address(value) else None
        case "button":
            return replace(block, link_text=value)
    return replace(block, label=value)


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
