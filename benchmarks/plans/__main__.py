"""`python -m benchmarks.plans`: explains the hot queries in large tables and writes docs/plans.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.plans.fill import Size
from benchmarks.plans.page import write_page
from benchmarks.plans.watching import slow, watch
from benchmarks.programs import ROOT
from tests.servers.postgres import postgres

SETTINGS = ("shared_buffers=1GB", "maintenance_work_mem=256MB", "max_wal_size=8GB")


def main() -> int:
    """Measure and write the page; returns 1 when a hot query scans a large table or is slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--deliveries", type=int, default=10_000_000)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder of the page")
    options = parser.parse_args()
    size = Size(readers=options.subscribers, deliveries=options.deliveries)
    with postgres(*SETTINGS) as server, tempfile.TemporaryDirectory() as folder:
        findings = watch(server.url, size, Path(folder), say=print)
    print(write_page(findings, options.docs))
    faults = [*findings.faults, *slow(findings)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
