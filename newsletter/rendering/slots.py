"""Slots: the places in a rendered edition that are filled per recipient.

A slot is marked by a sentinel: a word of URL-safe ASCII that MJML, premailer and lxml leave
unchanged anywhere, and that nobody can forge without the issue's nonce.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from newsletter.errors import RenderingError
from newsletter.rendering.edition import Slot

NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
LOOKALIKE = re.compile(rf"slot-({NONCE.pattern})-({'|'.join(Slot)})-slot")
"""Matches a sentinel of any issue."""


def sentinel(slot: Slot, nonce: str) -> str:
    """The sentinel of `slot`; raises ValueError for a nonce that is not URL-safe."""
    if not NONCE.fullmatch(nonce):
        raise ValueError(f"a nonce has 8 to 64 characters of A-Z a-z 0-9 _ -, not {nonce!r}")
    return f"slot-{nonce}-{slot.value}-slot"


def split(text: str, nonce: str) -> list[str | Slot]:
    """Split the text into literal, slot, literal, slot … literal; the number of parts is odd."""
    by_word = {sentinel(slot, nonce): slot for slot in Slot}
    pattern = "|".join(re.escape(word) for word in by_word)
    return [by_word.get(part, part) for part in re.split(f"({pattern})", text)]


def fill(text: str, nonce: str, values: Mapping[Slot, str], *, escape: bool) -> str:
    """Fill every slot of the text, for previews and the web view.

    `escape` the values for HTML. Raises RenderingError if a slot has no value or a sentinel
    remains.
    """
    parts: list[str] = []
    for part in split(text, nonce):
        if not isinstance(part, Slot):
            parts.append(part)
        elif part in values:
            parts.append(html.escape(values[part]) if escape else values[part])
        else:
            raise RenderingError(f"no value for the slot {part.value!r}")
    filled = "".join(parts)
    if nonce in filled:
        raise RenderingError("a slot is still open after filling", fix="render the issue again")
    return filled
