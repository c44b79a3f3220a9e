"""Golden inputs of the suite with a few changes, as a strategy: what a parser must survive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from tests.factories.parsers import PIECES

DATA = Path(__file__).parents[1] / "data"
LONGEST = 8_000
"""Octets of a golden input from which changes begin; what is longer is cut."""

_KINDS: dict[str, Sequence[str]] = {
    "parse_content": ("articles/**/*.xml", "articles/**/*.rdf", "articles/**/*.html", "articles/**/*.json"),
    "parse_opml": ("articles/opml/*",),
    "measure": ("**/*.png",),
    "make_past_issue": ("past_issues/**/*.html", "past_issues/**/*.md"),
    "read_export": ("past_issues/**/*.html", "past_issues/**/*.csv", "past_issues/**/*.json"),
    "read_file": ("subscribers/exports/*",),
    "read_identity": ("subscribers/inbound/**/*.eml",),
    "classify": ("subscribers/inbound/**/*.eml",),
}  # fmt: skip
_OTHERS = ("articles/pages/*", "articles/textdump/*")

_EDIT = st.tuples(
    st.sampled_from(("insert", "replace", "delete", "repeat", "copy", "cut")),
    st.integers(0, LONGEST),
    st.integers(1, 200),
    st.one_of(st.binary(max_size=8), st.sampled_from(PIECES).map(str.encode)),
)


def mutated(parser: str) -> st.SearchStrategy[bytes]:
    """Inputs for the parser of this name, with up to twelve changes."""
    names = _KINDS.get(parser, _OTHERS)
    seeds = sorted({path for name in names for path in DATA.glob(name) if path.is_file()})
    return st.tuples(st.sampled_from(seeds), st.lists(_EDIT, min_size=1, max_size=12)).map(
        lambda drawn: _changed(drawn[0].read_bytes()[:LONGEST], drawn[1])
    )


def _changed(octets: bytes, edits: Sequence[tuple[str, int, int, bytes]]) -> bytes:
    for kind, position, length, piece in edits:
        start = position % (len(octets) + 1)
        before, part, after = (
            octets[:start],
            octets[start : start + length],
            octets[start + length :],
        )
        match kind:
            case "insert":
                octets = before + piece + part + after
            case "replace":
                octets = before + piece + after
            case "delete":
                octets = before + after
            case "repeat":
                octets = before + part * 3 + after
            case "copy":
                octets = before + part + after + part
            case "cut":
                octets = before
    return octets
