"""Measures long lists: the time of planning an issue, and the memory of planning and sending.

As a program it is the planning process: `python -m benchmarks.planning FOLDER`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.programs import BenchmarkError, answer, begin_together, cpu_seconds, run_together
from benchmarks.publication import SLUG
from benchmarks.runs import Bench, Condition, run_once
from benchmarks.send import our_sender
from newsletter.pipeline.deliver import ledger_of
from newsletter.site.site import open_site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The plan of an issue for `recipients`; `peak_bytes` is the peak memory of the process."""

    recipients: int
    seconds: float
    peak_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LongSend:
    """A send to `recipients` without DKIM; `peak_bytes` is the larger process's peak memory."""

    recipients: int
    seconds: float
    peak_bytes: int


def plan_lists(bench: Bench, sizes: Sequence[int]) -> list[Plan]:
    """Plan an issue for a list of each size."""
    plans = []
    for size in sizes:
        site = bench.publication.with_readers(bench.folder / "plan", size)
        ended = run_together([[sys.executable, "-m", "benchmarks.planning", site]])
        shutil.rmtree(site)
        if ended.answers[0]["planned"] != size:
            raise BenchmarkError(f"the plan for {size} readers gave {ended.answers}")
        seconds = float(ended.answers[0]["seconds"])
        plans.append(Plan(recipients=size, seconds=seconds, peak_bytes=ended.peak_bytes))
    return plans


def send_lists(bench: Bench, sizes: Sequence[int]) -> list[LongSend]:
    """Send to a list of each size by two processes."""
    condition = Condition(slug="long", title="long lists")
    sends = []
    for size in sizes:
        run = run_once(bench, our_sender("", 2), condition, size)
        sends.append(LongSend(recipients=size, seconds=run.seconds, peak_bytes=run.peak_bytes))
    return sends


def main(folder: Path) -> None:
    """Plan the issue in this process."""
    site = open_site(folder, os.environ)
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, SLUG, 1)
        (edition,) = edition_store.frozen_editions(connection, issue)
    used_before = begin_together()
    started = time.perf_counter()
    planned = ledger_of(site, issue).plan({}, edition, datetime.now(UTC))
    seconds = time.perf_counter() - started
    answer(planned=planned, seconds=seconds, cpu_seconds=cpu_seconds() - used_before)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
