"""Slots: sentinels stand, split and fill; nothing stays open, nothing is forged."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import RenderingError
from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import LOOKALIKE, fill, sentinel, split
from tests.factories.editions import NONCE

VALUES = {slot: f"https://news.example.org/{slot.value}?c=42&x=<y>" for slot in Slot}


@pytest.mark.parametrize("slot", list(Slot))
def test_sentinel_is_url_safe(slot: Slot) -> None:
    """A sentinel is made of characters that no URL rewriting touches."""
    assert re.fullmatch(r"[A-Za-z0-9_-]+", sentinel(slot, NONCE))
    assert LOOKALIKE.fullmatch(sentinel(slot, NONCE))


@pytest.mark.parametrize(
    "nonce", ["", "short", "with space", "x" * 65, 'quote"quote', "ünicode-nonce"]
)
def test_nonce_must_be_url_safe(nonce: str) -> None:
    """A nonce that could break out of an attribute, or be guessed, is refused."""
    with pytest.raises(ValueError, match="a nonce has"):
        sentinel(Slot.NAME, nonce)


@given(st.lists(st.text() | st.sampled_from(Slot)))
def test_split_finds_every_slot_and_loses_nothing(pieces: list[str | Slot]) -> None:
    """Literal and slot alternate, and joined again they are the text."""
    text = "".join(sentinel(p, NONCE) if isinstance(p, Slot) else p for p in pieces)
    parts = split(text, NONCE)
    assert [part for part in parts if isinstance(part, Slot)] == [
        piece for piece in pieces if isinstance(piece, Slot)
    ]
    assert all(isinstance(part, Slot) == bool(place % 2) for place, part in enumerate(parts))
    assert "".join(sentinel(p, NONCE) if isinstance(p, Slot) else p for p in parts) == text


def test_another_issues_sentinel_is_plain_text() -> None:
    """What looks like a slot but carries another nonce stays as it is."""
    forged = sentinel(Slot.UNSUBSCRIBE, "another-nonce-000")
    assert split(forged, NONCE) == [forged]
    assert fill(forged, NONCE, VALUES, escape=True) == forged


def test_fill_escapes_in_html_only() -> None:
    """Values are escaped for HTML and stand as they are in text."""
    text = f"<a href='{sentinel(Slot.UNSUBSCRIBE, NONCE)}'>"
    assert "?c=42&amp;x=&lt;y&gt;" in fill(text, NONCE, VALUES, escape=True)
    assert "?c=42&x=<y>" in fill(text, NONCE, VALUES, escape=False)


def test_fill_wants_every_value() -> None:
    """A slot without a value is an error that names it."""
    with pytest.raises(RenderingError, match="preferences"):
        fill(sentinel(Slot.PREFERENCES, NONCE), NONCE, {Slot.NAME: "Ann"}, escape=True)


def test_fill_leaves_no_slot_open() -> None:
    """A sentinel that was broken in two, or comes in by a value, is an error."""
    with pytest.raises(RenderingError, match="still open"):
        fill(f"slot-{NONCE}-unsub scribe-slot", NONCE, VALUES, escape=True)
    name = {Slot.NAME: sentinel(Slot.UNSUBSCRIBE, NONCE)}
    with pytest.raises(RenderingError, match="still open"):
        fill(sentinel(Slot.NAME, NONCE), NONCE, name, escape=True)
