"""No test hangs on a clock: on a slow or busy machine it would fail without a fault."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
CLOCK = re.compile(r"\b(?:monotonic|perf_counter|process_time)\(|\btime\.time\(")

MAY_LOOK = {
    "faults/test_incidents.py": "SIGTERM ends a send within ten seconds: the contract of the command",
    "faults/test_letters.py": "SIGTERM ends a send of letters within ten seconds, and prints how soon it began",
    "integration/test_benchmarks.py": "a delay of one second, and not of ten",
    "integration/test_clicks.py": "a time limit of one minute on waiting for a condition",
    "integration/test_nodes.py": "a stop within two seconds, a SIGTERM within ten: what nodes promise",
    "integration/test_shared_limits.py": "a rate is never sooner than it allows",
    "integration/test_webhooks.py": "hands the command its clock and bounds nothing",
}


def test_only_these_tests_look_at_a_clock() -> None:
    """A new one waits for a condition, or bounds work by tests/effort.py."""
    looking = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("test_*.py")
        if CLOCK.search(path.read_text(encoding="utf-8")) and path != Path(__file__)
    }
    assert looking == set(MAY_LOOK)
