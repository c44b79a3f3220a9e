"""What serve says when it starts: where the desk is, or who has the port."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path

from newsletter.pipeline.sign_in import first_link
from tests.acceptance.site import CommandLine
from tests.factories.editors import NOW, add_editor, open_office
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


def test_the_address_is_printed_for_a_site_with_editors(tmp_path: Path) -> None:
    """Once somebody has signed in, the line says where the desk is."""
    site = make_site(tmp_path, now=NOW)
    add_editor(site)
    with open_office(site) as office:
        assert office.client.post(str(first_link(site, now=NOW))).status_code == 303
    line = CommandLine(folder=tmp_path, environment={})
    process = subprocess.Popen(
        line.line("serve", "--port", "0", "--no-schedule"),
        stderr=subprocess.PIPE,
        text=True,
        env=line.full_environment,
    )
    try:
        assert process.stderr is not None
        assert re.search(r"The desk is at http://127\.0\.0\.1:\d+/desk", process.stderr.readline())
    finally:
        process.terminate()
        process.communicate(timeout=30)
