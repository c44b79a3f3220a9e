"""`python -m benchmarks`: measures everything; writes docs/benchmarks.md and benchmarks.json."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import compare, figures_of, read_figures, table, write_figures
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
    parser.add_argument("--compare", type=Path, help="the figures of an earlier run")
    options = parser.parse_args()
    before = read_figures(options.compare) if options.compare else None
    findings = measure(QUICK if options.quick else FULL, options.work, datetime.now(UTC), print)
    for reason in findings.skipped:
        print(f"SKIPPED: {reason}")
    print(write_report(findings, options.docs))
    print(write_figures(findings, options.docs))
    if before is not None:
        print(table(compare(before, figures_of(findings))))


if __name__ == "__main__":
    main()
