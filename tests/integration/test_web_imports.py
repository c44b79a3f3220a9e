"""The web's libraries are loaded by `serve` alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.factories.site import make_site

LIBRARIES = ("fastapi", "prometheus_client", "newsletter.web.app", "newsletter.web.api")

CALL = f"""
import sys
from newsletter.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
assert not set({LIBRARIES}) & set(sys.modules)
"""


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["status"], ["run"]])
def test_no_other_command_loads_them(tmp_path: Path, words: list[str]) -> None:
    """Help, status and a run with nothing due start without the API and its framework."""
    make_site(tmp_path, now=datetime.now(UTC)).database.close()
    done = subprocess.run(
        [sys.executable, "-c", CALL, "-C", str(tmp_path), *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
