"""Undoes what text browsers such as lynx and w3m do to a page: lines broken at a width, marks.

Such a program begins a new line only where the next word does not fit. So a line belongs to the one
above it exactly if its first word would have exceeded the width there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FEWEST_FULL = 8
"""Lines of about the same length from which a dump counts as broken at a width."""
_NARROWEST, _WIDEST = 56, 132
"""In characters."""
_RAGGED = 12
"""In characters: how much shorter than the width a full line may be."""
_LONGER = (0.02, 0.06)
"""Shares of lines that may be longer: tables and programs are not broken."""
_PICTURE = re.compile(
    r"\[(?:[^\[\]\s]*\.(?:jpe?g|png|gif|webp|svg|avif|bmp)[^\[\]\s]*|[^\[\]\s]*[?=][^\[\]\s]*"
    r"|INLINE|LINK|IMG|IMAGE|USEMAP|ISMAP)\](?:\[\d+\])?"
)
_LINK_NUMBER = re.compile(r"\[\d{1,4}\](?=\S)")
_CONTROL = re.compile(
    r"\((?:BUTTON|Submit|Reset)\)|\[[ X_]\]|\(_\)|_{5,}|IFRAME: \S+|\[_{2,}\]|\[Submit[^\]]*\]"
)
_HEAD_LINKS = re.compile(
    r"#.*\b(?:alternate|next|prev|publisher|search|shortlink|Feed|RSS)\b.*", re.DOTALL
)
_BULLET = re.compile(r"\A\s*(?:[*+•o▪◦□■#@-]|\d{1,3}\.)\s+(?=\S)")


def blocks_of(text: str) -> list[list[str]] | None:
    """The blocks of lines of a dump that is broken at a width, joined; None for any other text."""
    lines = text.split("\n")
    width = _width(lines)
    if not width:
        return None
    blocks: list[list[str]] = [[]]
    open_line = ""
    for line in lines:
        if not line.strip():
            blocks.append([])
            open_line = ""
            continue
        word = line.split(None, 1)[0]
        follows = len(open_line) + 1 + len(word) > width and not _BULLET.match(line)
        if open_line and follows:
            blocks[-1][-1] += f" {line.strip()}"
        else:
            blocks[-1].append(line.strip())
        open_line = line.rstrip()
    if blocks[0] and _HEAD_LINKS.fullmatch(" ".join(blocks[0])):
        del blocks[0]
    return [cleaned for block in blocks if (cleaned := _cleaned(block))]


def _width(lines: Sequence[str]) -> int:
    """The width at which the lines are broken; 0 if they are not."""
    lengths = sorted(len(line.rstrip()) for line in lines if line.strip())
    if len(lengths) < _FEWEST_FULL:
        return 0
    for width in (lengths[-1 - int(len(lengths) * share)] for share in _LONGER):
        full = sum(width - _RAGGED <= length <= width for length in lengths)
        longer = sum(length > width for length in lengths)
        if _NARROWEST <= width <= _WIDEST and full >= max(_FEWEST_FULL, 2 * longer):
            return width
    return 0


def _cleaned(block: Sequence[str]) -> list[str]:
    lines = (_CONTROL.sub(" ", _LINK_NUMBER.sub("", _PICTURE.sub(" ", line))) for line in block)
    bare = (" ".join(_BULLET.sub("", line, count=1).split()) for line in lines)
    return [line for line in bare if line]
