"""The long form runs on demand only: `make faults`."""

from __future__ import annotations

import os

from tests.faults.page import write_page

collect_ignore_glob = [] if "NEWSLETTER_FAULTS" in os.environ else ["test_*.py"]


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write docs/reliability.md when every class held."""
    if "NEWSLETTER_FAULTS" in os.environ and exitstatus == 0:
        write_page()
