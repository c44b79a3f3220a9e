"""Slots: the places in a rendered edition that are filled per recipient.

A slot stands in the edition as a sentinel: a word of URL-safe ASCII that MJML, premailer and
lxml leave alone wherever it stands, and that nobody can forge without the issue's nonce.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from newsletter.errors import RenderingError
from newsletter.rendering.edition import Slot

NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
LOOKALIKE = re.compile(rf"slot-({NONCE.pattern})-({'|'.join(Slot)})-slot")
"""What a sentinel of any issue looks like."""


def sentinel(slot: Slot, nonce: str) -> str:
    """The word that stands for `slot`; raises ValueError for a nonce that is not URL-safe."""
    if not NONCE.fullmatch(nonce):
        raise ValueError(f"a nonce is 8 to 64 of A-Z a-z 0-9 _ -, not {nonce!r}")
    return f"slot-{nonce}-{slot.value}-slot"


def split(text: str, nonce: str) -> list[str | Slot]:
    """Literal, slot, literal, slot … literal: an odd number of parts, the even ones slots."""
    by_word = {sentinel(slot, nonce): slot for slot in Slot}
    pattern = "|".join(re.escape(word) for word in by_word)
    return [by_word.get(part, part) for part in re.split(f"({pattern})", text)]


def fill(text: str, nonce: str, values: Mapping[Slot, str], *, escape: bool) -> str:
    """The text with every slot filled, for previews and the web view.

    `escape` for HTML. Raises RenderingError when a slot has no value or a sentinel remains.
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
