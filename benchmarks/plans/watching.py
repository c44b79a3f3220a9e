"""Does everything in a filled database, and judges how PostgreSQL went about it."""

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
from benchmarks.plans.hot import DOINGS, READ_THROUGH, WHOLE, Doing
from benchmarks.plans.scene import make_scene
from newsletter.store.database import open_database
from newsletter.store.migrations import upgrade

LARGE = 0.01
"""A table that has more rows than this share of the readers is large."""

FEW, FEW_IN_ANY = 0.02, 1000
"""A hot statement reads no more of a large table's rows than this share of the readers, and these."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """One doing: its statements, and how long all of it took undisturbed (0: not measured)."""

    doing: Doing
    statements: Sequence[Explained]
    milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What was seen. `faults` is empty when nothing reads a large table that need not.

    `least` is how many rows a large table has, `few` how many of them a hot statement may read.
    """

    size: Size
    version: str
    least: int
    few: int
    large: frozenset[str]
    sizes: Sequence[TableSize]
    filled_in: float
    hot: Sequence[Watched]
    whole: Sequence[Watched]
    faults: Sequence[str]


def watch(url: str, size: Size, folder: Path, *, say: Callable[[str], None]) -> Findings:
    """Fill the empty database at `url` and look; `folder` is the site's."""
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

    def see(doing: Doing) -> Watched:
        say(f"{time.monotonic() - started:6.0f} s  {doing.name}")
        milliseconds = 0.0
        if doing.within is not None:
            milliseconds = min(_timed(lambda: doing.do(scene)) for _ in range(5))
        with explaining(scene.site.database) as statements:
            doing.do(scene)
        return Watched(doing=doing, statements=statements, milliseconds=milliseconds)

    hot = [see(doing) for doing in DOINGS]
    whole = [see(doing) for doing in WHOLE]
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
    """What took longer than it may."""
    return [
        f"{seen.doing.name}: {seen.milliseconds:.0f} ms, more than {seen.doing.within:.0f}"
        for seen in findings.hot
        if seen.doing.within is not None and seen.milliseconds > seen.doing.within
    ]


def _faults(watched: Sequence[Watched], is_fault: Callable[[Reading], bool]) -> Iterator[str]:
    for seen in watched:
        for explained in seen.statements:
            for read in filter(is_fault, explained.readings):
                yield (
                    f"{seen.doing.name}: {read.how} of {read.rows} rows of {read.table}: "
                    f"{explained.statement}"
                )


def _timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return (time.perf_counter() - started) * 1000
