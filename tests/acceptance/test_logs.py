"""The log for collectors: each line of stderr is one JSON object, whichever part writes it."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
from typing import Any

import pytest

from newsletter.cli.logs import configure_logging
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import CommandLine
from tests.demo.serving import free_port
from tests.demo.site import wait_for


def lines_of(text: str) -> list[dict[str, Any]]:
    """Every line, as the object that it must be."""
    return [json.loads(line) for line in text.splitlines()]


def test_serve_writes_json_only(new_site: SiteMaker) -> None:
    """The first link, and what the web server says of a request that is not HTTP."""
    command, port = new_site(), free_port()
    process = subprocess.Popen(
        command.line("--log-format", "json", "serve", "--port", str(port)),
        env=command.full_environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health/live", process)
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"\x16\x03\x01 not HTTP\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
    finally:
        process.terminate()
        _out, err = process.communicate(timeout=60)
    found = lines_of(err)
    assert any("signs you in, once" in line["message"] for line in found)
    warnings = [line["message"] for line in found if line["logger"] == "uvicorn.error"]
    assert warnings == ["Invalid HTTP request received."]


def test_a_library_s_traceback_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with the error; calling for the other format leaves no second handler."""
    configure_logging("text")
    configure_logging("json")
    error = OSError("the disk is full")
    logging.getLogger("some.library").error("a request failed", exc_info=error)
    (line,) = lines_of(capsys.readouterr().err)
    assert (line["level"], line["message"]) == ("error", "a request failed")
    assert "OSError: the disk is full" in line["exception"]


def test_what_ends_a_command_is_json_too(new_site: SiteMaker) -> None:
    """The error that a person reads on a terminal is an object in the log."""
    command: CommandLine = new_site()
    answer = command("--log-format", "json", "show", "nosuch")
    assert answer.code == 2
    (line,) = lines_of(answer.err)
    assert line["level"] == "error"
    assert "nosuch" in line["message"]
    assert command("show", "nosuch").err.startswith("newsletter: ")
