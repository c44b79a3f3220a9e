"""Runs all operations in a filled database, and checks the plans of their statements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.plans.explain import (
    Explained,
    Reading,
    TableSize,
    explaining,
    large_tables,
    sizes_of,
    version_of,
)
from benchmarks.plans.fill import Size, fill
from benchmarks.plans.hot import HOT, READ_THROUGH, WHOLE, Operation
from benchmarks.plans.scene import make_scene
from newsletter.store.database import open_database
from newsletter.store.migrations import upgrade

LARGE = 0.01
"""A table that has more rows than this share of the readers is large."""

FEW, FEW_IN_ANY = 0.02, 1000
"""A hot statement may read rows of a large table up to this share of the readers plus this number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """An operation's statements, and its time without explaining (0 if not measured)."""

    operation: Operation
    statements: Sequence[Explained]
    milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All findings; `faults` are statements that read too much of a large table.

    `least` is the fewest rows of a large table, `few` how many of them a hot statement may read.
    """

    size: Size
    version: str
    least: int
    few: int
    large: frozenset[str]
    sizes: Sequence[TableSize]
    filled_in: float
    hot: Sequence[Measured]
    whole: Sequence[Measured]
    faults: Sequence[str]


def watch(url: str, size: Size, folder: Path, *, say: Callable[[str], None]) -> Findings:
    """Fill the empty database at `url` and measure; `folder` is the site's folder."""
    database = open_database(url, folder)
    upgrade(database)
    started = time.monotonic()
    for step in fill(database, size):
        say(f"{time.monotonic() - started:6.0f} s  {step}")
    filled_in = time.monotonic() - started
    least, few = round(LARGE * size.readers), round(FEW * size.readers) + FEW_IN_ANY
    large, version = large_tables(database, least=least), version_of(database)
    sizes = sizes_of(database, large)
    database.close()
    scene = make_scene(folder, url, size)

    def measure(operation: Operation) -> Measured:
        say(f"{time.monotonic() - started:6.0f} s  {operation.name}")
        milliseconds = 0.0
        if operation.within is not None:
            milliseconds = min(_timed(lambda: operation.do(scene)) for _ in range(5))
        with explaining(scene.site.database) as statements:
            operation.do(scene)
        return Measured(operation=operation, statements=statements, milliseconds=milliseconds)

    hot = [measure(operation) for operation in HOT]
    whole = [measure(operation) for operation in WHOLE]
    scene.site.database.close()
    return Findings(
        size=size,
        version=version,
        least=least,
        few=few,
        large=large,
        sizes=sizes,
        filled_in=filled_in,
        hot=hot,
        whole=whole,
        faults=[
            *_faults(hot, lambda read: read.table in large and (read.is_scan or read.rows > few)),
            *_faults(
                whole,
                lambda read: (
                    read.is_scan and read.table in large and read.table not in READ_THROUGH
                ),
            ),
        ],
    )


def slow(findings: Findings) -> list[str]:
    """The operations that took too long."""
    return [
        f"{measured.operation.name}: {measured.milliseconds:.0f} ms, more than {measured.operation.within:.0f}"
        for measured in findings.hot
        if measured.operation.within is not None
        and measured.milliseconds > measured.operation.within
    ]


def _faults(measurements: Sequence[Measured], is_fault: Callable[[Reading], bool]) -> Iterator[str]:
    for measured in measurements:
        for explained in measured.statements:
            for read in filter(is_fault, explained.readings):
                yield (
                    f"{measured.operation.name}: {read.how} of {read.rows} rows of {read.table}: "
                    f"{explained.statement}"
                )


def _timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return (time.perf_counter() - started) * 1000
