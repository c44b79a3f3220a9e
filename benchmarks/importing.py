"""Measures the time and memory of importing subscribers.

As a program it is the importing process: `python -m benchmarks.importing FOLDER FILE`.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.programs import (
    BenchmarkError,
    answer,
    begin_together,
    cpu_seconds,
    peak_bytes,
    run_together,
)
from benchmarks.publication import SLUG
from benchmarks.runs import Bench
from newsletter.pipeline.import_people import import_people
from newsletter.sandbox import HANDED_IN
from newsletter.site.site import open_site
from subscribers.importing.options import ImportOptions

INVALID_EACH = 1000
"""Every how many rows one has an invalid address, which must be reported."""

TAGS = ("", "security", "security;privacy", "hardware;reviews;security")
DOMAINS = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """The import of a file of `rows` rows; `peak_bytes` is the peak memory of its two processes."""

    rows: int
    seconds: float
    peak_bytes: int


def import_files(bench: Bench, sizes: Sequence[int]) -> list[Import]:
    """Import a file of each size into an empty list on SQLite."""
    imports = []
    for size in sizes:
        site = bench.publication.with_readers(bench.folder / "import", 0)
        file = write_file(site / "people.csv", size)
        ended = run_together([[sys.executable, "-m", "benchmarks.importing", site, file]])
        shutil.rmtree(site)
        counted = (ended.answers[0]["added"], ended.answers[0]["rejected"])
        invalid = size // INVALID_EACH
        if counted != (size - invalid, invalid):
            raise BenchmarkError(f"{size} rows, {invalid} of them invalid, gave {ended.answers}")
        seconds = float(ended.answers[0]["seconds"])
        peak = int(ended.answers[0]["peak_bytes"])
        imports.append(Import(rows=size, seconds=seconds, peak_bytes=peak))
    return imports


def write_file(file: Path, rows: int) -> Path:
    """Write generated readers with name, tags and an attribute; every thousandth is invalid."""
    with file.open("w", encoding="utf-8") as lines:
        lines.write("email,name,tags,town\n")
        for number in range(1, rows + 1):
            at_sign = " at " if number % INVALID_EACH == 0 else "@"
            lines.write(
                f"reader.{number}{at_sign}domain{number % DOMAINS}.example,Reader {number},"
                f"{TAGS[number % len(TAGS)]},Town {number % 50}\n"
            )
    return file


def main(folder: Path, file: Path) -> None:
    """Import the file in this process."""
    site = open_site(folder, os.environ)
    used_before = begin_together()
    started = time.perf_counter()
    report, _asked = import_people(
        site,
        file,
        ImportOptions(list_slug=SLUG, source_name=file.name, now=datetime.now(UTC)),
    )
    seconds = time.perf_counter() - started
    HANDED_IN.close()  # the use of an ended process is known
    worker = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer(
        added=report.added,
        rejected=report.rejected_count,
        seconds=seconds,
        cpu_seconds=cpu_seconds() - used_before + worker.ru_utime + worker.ru_stime,
        peak_bytes=peak_bytes() + worker.ru_maxrss * 1024,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
