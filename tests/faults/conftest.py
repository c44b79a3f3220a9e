"""The page is written when the long form has held."""

from __future__ import annotations

from tests.faults.page import write_page
from tests.faults.rounds import IS_LONG

# They need root, servers or Java, which only the long form may ask of a machine.
SERVERS = ("postfix", "dovecot", "nginx", "rspamd", "vnu")
collect_ignore = [] if IS_LONG else [f"test_{name}.py" for name in SERVERS]


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write docs/reliability.md, if everything was tried at length and nothing failed."""
    if IS_LONG and exitstatus == 0:
        write_page()
