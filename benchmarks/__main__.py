"""`python -m benchmarks`: measures everything and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import FULL, QUICK, measure
from benchmarks.programs import ROOT
from benchmarks.report import write_report


def main() -> None:
    """Read the options, measure, write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes instead of thirty")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder of the page")
    parser.add_argument(
        "--work",
        type=Path,
        default=ROOT / "build" / "benchmarks",
        help="a folder for temporary files",
    )
    options = parser.parse_args()
    findings = measure(QUICK if options.quick else FULL, options.work, datetime.now(UTC), print)
    for reason in findings.skipped:
        print(f"SKIPPED: {reason}")
    print(write_report(findings, options.docs))


if __name__ == "__main__":
    main()
