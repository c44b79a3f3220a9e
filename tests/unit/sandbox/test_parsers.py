"""No parser of what strangers write grows faster than its input, or fails but as it says."""

from __future__ import annotations

import ast
import resource
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsletter
from tests.effort import assert_no_worse_than_doubled
from tests.factories.mutations import mutated
from tests.factories.parsers import PARSERS, PIECES
from tests.factories.parsers_in_process import IN_PROCESS
from tests.sampling import sampled, search

SHARE = sampled(whole=1, sample=8)
"""Of the pieces, one in so many is tried with each kind of input."""

MOST_MEMORY = 500_000
"""How much more memory, in kB, 80 kB of input may take: what is loaded, and not what is quadratic."""

ALL = {**PARSERS, **IN_PROCESS}
KINDS = [(name, kind) for name, kinds in ALL.items() for kind in kinds]


def _given_to_workers() -> set[str]:
    """The names of the functions that newsletter has workers call."""
    found = set()
    for path in Path(newsletter.__file__).parent.rglob("*.py"):
        if path.parent.name == "sandbox" or path.name == "subprocesses.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func
            is_pool = isinstance(called, ast.Attribute) and ast.unparse(called.value) in (
                "FETCHED",
                "HANDED_IN",
            )
            is_run = isinstance(called, ast.Name) and called.id == "run_in_subprocess"
            if is_pool or is_run:
                found.add(ast.unparse(node.args[0]))
    return found


def test_every_parser_of_a_worker_is_tried_here() -> None:
    """A new one is added to tests/factories/parsers.py."""
    assert _given_to_workers() == set(PARSERS)


def test_workers_are_reached_by_these_names_only() -> None:
    """Another pool, or another name for one of the two, would hide a parser from the test above."""
    for path in Path(newsletter.__file__).parent.rglob("*.py"):
        if path.parent.name == "sandbox":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func).rpartition(".")[2] != "Pool", path
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("newsletter.sandbox", "newsletter.articles.subprocesses")
            ):
                assert not any(name.asname for name in node.names), path
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                assert ast.unparse(node.value) not in ("FETCHED", "HANDED_IN"), path


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_time_grows_with_the_length(name: str, kind: str) -> None:
    """No repeated piece of markup or text makes a parser slow, or take gigabytes of memory."""
    parse, before = ALL[name][kind], _most_memory()
    length = sampled(whole=40_000, sample=5_000)
    first = KINDS.index((name, kind)) % SHARE  # each piece is tried somewhere
    for piece in PIECES[first::SHARE]:
        count = length // len(piece)
        assert_no_worse_than_doubled(
            lambda text: parse(text.encode()), piece * count, piece * 2 * count
        )
    assert _most_memory() - before < MOST_MEMORY


def _most_memory() -> int:
    """The most that this process has held so far, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_any_octets_are_read_or_refused(name: str, kind: str) -> None:
    """No input makes a parser raise: what cannot be read is a value that says so.

    `make faults` searches ten minutes for each parser.
    """
    parse = ALL[name][kind]

    @settings(max_examples=sampled(whole=1_000, sample=8), deadline=None, database=None)
    @given(
        st.one_of(
            mutated(name),
            st.binary(max_size=600),
            st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=9)), max_size=40).map(
                lambda pieces: "".join(pieces).encode("utf-8", "replace")
            ),
        )
    )
    def try_it(body: bytes) -> None:
        parse(body)

    search(try_it, share=1 / len(ALL[name]))
