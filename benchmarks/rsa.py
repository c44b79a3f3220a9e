"""Measures how many RSA-2048 signatures a second this machine can make, which limits sending.

As a program it is one signing process: `python -m benchmarks.rsa KEY_FILE SECONDS`.
"""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from benchmarks.programs import answer, begin_together, cpu_seconds, run_together
from benchmarks.publication import DOMAIN
from benchmarks.send import SELECTOR
from newsletter.config.settings import DkimSettings
from newsletter.delivery.dkim import SigningKey, load_keys


def signs_per_second(key: Path, *, processes: int, seconds: float) -> float:
    """The signatures of all processes together, made by the library that signs our messages."""
    command: list[str | Path] = [sys.executable, "-m", "benchmarks.rsa", key, str(seconds)]
    ended = run_together([command] * processes)
    return sum(float(answered["rate"]) for answered in ended.answers)


def signing_key(path: Path) -> SigningKey:
    """The key in that file, as our sender uses it."""
    settings = DkimSettings(domain=DOMAIN, selector=SELECTOR, key_file=str(path))
    (key,) = load_keys(settings, path.parent)
    return key


def main(path: Path, seconds: float) -> None:
    """Sign the same digest repeatedly."""
    key = signing_key(path)
    digest = hashlib.sha256(b"a message").digest()
    used_before = begin_together()
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(50):
            key.sign_digest(digest)
        count += 50
    rate = count / (time.perf_counter() - started)
    answer(rate=rate, cpu_seconds=cpu_seconds() - used_before)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
