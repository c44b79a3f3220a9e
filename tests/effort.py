"""How much work something is, in units of what this machine does, not in seconds.

Machines differ ninefold in speed, and a busy one is slow, not wrong. So the CPU time of the work is
set against that of a fixed piece of work done beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def at_most(units: int) -> Iterator[None]:
    """Fail when the block takes more CPU time of this process than `units` fixed pieces of work.

    A piece is some 10 ms of a fast machine: a bound of 300 stops what takes quadratic time, and
    leaves room for all else.
    """
    before = _piece()
    begun = time.process_time()
    yield
    taken = time.process_time() - begun
    piece = max(before, _piece())
    assert taken <= units * piece, f"it took {taken / piece:.0f} pieces of work, not {units}"


def _piece() -> float:
    begun = time.process_time()
    words: dict[int, str] = {}
    for number in range(40_000):
        words[number % 1000] = str(number)
    return time.process_time() - begun


def assert_no_worse_than_doubled(work: Callable[[str], object], once: str, twice: str) -> None:
    """Fail when `twice`, which is twice as long as `once`, takes far more than twice its CPU time.

    A linear reader needs twice as much, a quadratic one four times; what takes hardly any time is
    not judged. The least of three counts, because collecting garbage takes time too.
    """
    work(once[: len(once) // 20])  # loads what is loaded on first use
    piece = _piece()
    shorter, longer = _taken(work, once), _taken(work, twice)
    for _ in range(2):
        if longer <= 3.2 * shorter + 15 * piece:
            break
        shorter, longer = max(shorter, _taken(work, once)), min(longer, _taken(work, twice))
    assert longer <= 3.2 * shorter + 15 * piece, (
        f"{shorter / piece:.0f} became {longer / piece:.0f}"
    )


def _taken(work: Callable[[str], object], source: str) -> float:
    begun = time.process_time()
    work(source)
    return time.process_time() - begun
