"""Every step of the talk with a relay goes wrong in every way, and the books stay right."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.store.database import Database
from tests.faults import page
from tests.faults.rounds import EACH_NTH_FAULT
from tests.faults.spoiling import Fault, faults, try_fault
from tests.faults.tables import empty_tables

CHOSEN = list(faults())[::EACH_NTH_FAULT]


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step-by-step"])
async def test_a_faulty_relay_harms_nobody(
    database: Database, tmp_path: Path, pipelining: bool
) -> None:
    """Each fault comes to the end it must come to, in time, and nobody is lost or repeated."""
    seen = [await _tried(database, fault, tmp_path, pipelining=pipelining) for fault in CHOSEN]
    assert [trial for trial in seen if not trial.is_as_it_must_be] == []
    way = "pipelined" if pipelining else "one command at a time"
    page.trials[f"{database.engine.dialect.name} {way}"] = seen


async def _tried(database: Database, fault: Fault, folder: Path, *, pipelining: bool) -> page.Trial:
    empty_tables(database)
    return await try_fault(database, fault, folder, pipelining=pipelining)
