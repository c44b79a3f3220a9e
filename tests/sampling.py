"""How much a test takes of a large corpus: a sample in the suite, the whole in `make faults`.

A test that samples carries the marker `sampled`, by which `make faults` finds it and runs it whole.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

IS_WHOLE = int(os.environ.get("NEWSLETTER_FAULT_ROUNDS", "0")) > 0
"""`make faults` sets it."""


def sampled(*, whole: int, sample: int) -> int:
    """How many: `whole` in `make faults`, `sample` in the suite."""
    return whole if IS_WHOLE else sample


FUZZ_SECONDS = float(os.environ.get("NEWSLETTER_FUZZ_SECONDS", "600"))
"""How long `make faults` searches for input that a parser fails at, for each parser: seconds of CPU.

Another process on the machine makes the search take longer, and not look at less.
"""


def search(try_many: Callable[[], object], *, share: float = 1) -> None:
    """Search once in the suite; in `make faults` again and again, for this share of FUZZ_SECONDS."""
    end = time.process_time() + share * FUZZ_SECONDS
    try_many()
    while IS_WHOLE and time.process_time() < end:
        try_many()
