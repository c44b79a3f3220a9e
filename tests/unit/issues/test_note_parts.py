"""How a note in Markdown is divided at its fenced parts, whatever its writer typed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.note_parts import MOST_PARTS, note_parts

EVENT = """Good morning.

::: event Repair evening
date: 2026-05-14
Link: https://news.example.org/repair
button: Say that you are coming

Bring a lamp.
:::
Until then.
"""


def part(kind: BlockKind, title: str = "", **fields: object) -> Block:
    """A block as a note has it."""
    return Block(id="", kind=kind, title=title, **fields)  # type: ignore[arg-type] # fields by name


def test_a_part_has_its_fields_and_its_place() -> None:
    """A part stands between the texts around it, with date, link, words of the link, and text."""
    assert note_parts(EVENT) == (
        "Good morning.\n",
        part(
            BlockKind.EVENT,
            "Repair evening",
            on=date(2026, 5, 14),
            url="https://news.example.org/repair",
            link_text="Say that you are coming",
            text="Bring a lamp.",
        ),
        "Until then.",
    )


@pytest.mark.parametrize("kind", BlockKind)
def test_every_kind_of_block_is_a_part(kind: BlockKind) -> None:
    """What the desk offers as a block can be written in a note, in any case of letters."""
    assert note_parts(f"::: {kind.upper()}\nlabel: Ours\nText.\n:::") == (
        part(kind, label="Ours", text="Text."),
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("::: podcast Tides\nminutes: 34\n:::", (part(BlockKind.PODCAST, "Tides", minutes=34),)),
        ("::: quote\nNever closed.", (part(BlockKind.QUOTE, text="Never closed."),)),
        ("::: quote\nA\n::: numbers\nB\n:::", (part(BlockKind.QUOTE, text="A\n::: numbers\nB"),)),
        ("::: event\ndate: tomorrow\nA\n:::", (part(BlockKind.EVENT, text="date: tomorrow\nA"),)),
        ("::: podcast\nminutes: 9999999\n:::", (part(BlockKind.PODCAST, text="minutes: 9999999"),)),
        ("::: podcast\nminutes: ٣\n:::", (part(BlockKind.PODCAST, text="minutes: ٣"),)),
        ("::: quote\nlink: javascript:alert(1)\n:::", (part(BlockKind.QUOTE, text="link: javascript:alert(1)"),)),
        ("::: quote\nlink: https://[\n:::", (part(BlockKind.QUOTE, text="link: https://["),)),
        ("::: unknown\nA\n:::", ("::: unknown\nA\n:::",)),
        (":::", (":::",)),
        ("```\n::: quote\nA\n:::\n```", ("```\n::: quote\nA\n:::\n```",)),
        ("    ::: quote", ("    ::: quote",)),
        ("::: quote\n```\n:::\n```\nA\n:::", (part(BlockKind.QUOTE, text="```\n:::\n```\nA"),)),
        ("~~~\n```\n~~~\n::: quote\nA\n:::", ("~~~\n```\n~~~", part(BlockKind.QUOTE, text="A"))),
        (" \n", ()),
        ("a  \nb", ("a  \nb",)),
        ("::: quote\nlabel:\n:::", (part(BlockKind.QUOTE, text="label:"),)),
        ("::: quote a" + " " * 50_000 + "b  \n:::  ", (part(BlockKind.QUOTE, "a" + " " * 50_000 + "b"),)),
        ("::: quote\ndate:" + " " * 50_000 + "b\n:::", (part(BlockKind.QUOTE, text="date:" + " " * 50_000 + "b"),)),
    ],
)  # fmt: skip
def test_what_is_not_understood_stays_text(source: str, expected: tuple[str | Block, ...]) -> None:
    """An unknown kind, an impossible value, and what stands in code, are shown as they are written."""
    assert note_parts(source) == expected


def test_a_note_has_so_many_parts() -> None:
    """Beyond a number of parts a note is text, so that a pasted file does not become an issue."""
    parts = note_parts("::: quote\nA\n:::\n" * 200)
    assert sum(isinstance(each, Block) for each in parts) == MOST_PARTS


@given(
    st.lists(
        st.sampled_from(["::: quote T", ":::", "::::", "```", "~~~", "date: 2026-01-01", "", "x", "    y"])
        | st.text(alphabet=":`~ qe\t\u2028\x0b", max_size=8)
    )
)  # fmt: skip
def test_no_word_is_lost(lines: list[str]) -> None:
    """Whatever the lines are, every one that is no fence and no field is in the parts, in its order."""
    kept = "\n".join(
        each if isinstance(each, str) else f"{each.title}\n{each.text}"
        for each in note_parts("\n".join(lines))
    )
    assert [line for line in kept.split("\n") if line == "x"] == [
        line for line in lines if line == "x"
    ]
