"""Fixtures that every test may ask for, how hypothesis searches, and what the tests share."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import settings

from tests.compiled_statements import share_compiled_statements
from tests.sampling import sampled

pytest_plugins = ["tests.browsers", "tests.databases", "tests.no_skips"]

# A machine that is busy elsewhere is slow, not wrong: tests that bound time say so themselves.
settings.register_profile("newsletter", deadline=None, max_examples=sampled(whole=100, sample=30))
settings.load_profile("newsletter")

share_compiled_statements()

SLOW_FOLDERS = ("faults", "acceptance", "browser", "integration")
"""The folders whose files take longest, and begin first: see `pytest_collection_modifyitems`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files that take long first, so that processes which share the files end together.

    Tests by hypothesis take a sample of their examples, and are marked so.
    """
    items.sort(key=_rank)
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.sampled)


def _rank(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return SLOW_FOLDERS.index(folder) if folder in SLOW_FOLDERS else len(SLOW_FOLDERS)


def pytest_collection_finish() -> None:
    """Exempt what has been imported from the garbage collector, which would look at it all the time."""
    gc.collect()
    gc.freeze()
