"""The page is written when the long form has held."""

from __future__ import annotations

from tests.faults.page import write_page
from tests.faults.rounds import IS_LONG

# They need root, and a Postfix, a Dovecot and an nginx, which only the long form may ask of a machine.
collect_ignore = [] if IS_LONG else ["test_postfix.py", "test_dovecot.py", "test_nginx.py"]


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write docs/reliability.md, if everything was tried at length and nothing failed."""
    if IS_LONG and exitstatus == 0:
        write_page()
