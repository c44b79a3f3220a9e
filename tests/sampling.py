"""How much a test takes of a large corpus: a sample in the suite, the whole in `make faults`.

A test that samples carries the marker `sampled`, by which `make faults` finds it and runs it whole.
"""

from __future__ import annotations

import os

IS_WHOLE = int(os.environ.get("NEWSLETTER_FAULT_ROUNDS", "0")) > 0
"""`make faults` sets it."""


def sampled(*, whole: int, sample: int) -> int:
    """How many: `whole` in `make faults`, `sample` in the suite."""
    return whole if IS_WHOLE else sample
