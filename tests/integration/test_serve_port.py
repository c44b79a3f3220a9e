"""What serve says when it starts: where the desk is, or who has the port."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.acceptance.site import CommandLine
from tests.factories.editors import NOW
from tests.factories.site import make_site


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Not an error number: the port, and what to do."""
    make_site(tmp_path, now=NOW).database.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = CommandLine(folder=tmp_path, environment={})("serve", "--port", str(port))
    assert answer.code != 0
    assert f"port {port} of 127.0.0.1 is used by another program" in answer.err
    assert "Errno" not in answer.err
