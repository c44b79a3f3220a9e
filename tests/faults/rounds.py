"""How long the fault tests go on: a short form in every run of the suite, the long on demand."""

from __future__ import annotations

import os

from tests.sampling import IS_WHOLE

_ROUNDS = int(os.environ.get("NEWSLETTER_FAULT_ROUNDS", "0"))

IS_LONG = IS_WHOLE
"""`make faults` sets it."""

KILLS = 4 * _ROUNDS if IS_LONG else 3
LETTER_KILLS = _ROUNDS if IS_LONG else 2
LETTERS = 5_000 if IS_LONG else 300
READERS = 2_000 if IS_LONG else 600
SIGNALS = _ROUNDS // 5 if IS_LONG else 1
EACH_NTH_FAULT = 1 if IS_LONG else 13
NODE_KILLS = _ROUNDS if IS_LONG else 1
NODE_READERS = 1_000 if IS_LONG else 200
WAVE_READERS = 100_000 if IS_LONG else 2_400
WAVE_KILLS = 20 if IS_LONG else 3
DUE_TIMES = 2 * _ROUNDS if IS_LONG else 4

PATIENCE = 600
"""Seconds within which something must happen; a busy machine is slow, not wrong."""
