"""Servers that accept and discard mail: our own in C (sink.c), and Postfix's smtp-sink."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.programs import BenchmarkError, start

SOURCE = Path(__file__).with_name("sink.c")
KEPT_EACH = 97
"""Every how many messages one may be kept; a prime, so that all connections are sampled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """The counts that the sink prints at its end.

    `distinct` are different recipients, `repeated` further messages to them, and `refused`
    commands out of order; `seconds` is the time from the first MAIL to the last final dot.
    """

    messages: int
    recipients: int
    distinct: int
    repeated: int
    octets: int
    connections: int
    refused: int
    seconds: float
    cpu_seconds: float


@dataclass(kw_only=True, slots=True)
class Sink:
    """A running sink; `counts` and `kept` are set after the `with` block (not by smtp-sink)."""

    port: int
    counts: Counts | None = None
    kept: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class SinkProgram:
    """The compiled sink; it `speaks_tls` if OpenSSL's headers were available."""

    path: Path
    speaks_tls: bool


def find_compiler() -> str | None:
    """The path of a C compiler on this machine, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build_sink(folder: Path) -> SinkProgram:
    """Compile sink.c into `folder`; raises BenchmarkError."""
    compiler = find_compiler()
    if compiler is None:
        raise BenchmarkError("no C compiler: install gcc or clang")
    program = folder / "sink"
    common: list[str | Path] = [compiler, "-O2", "-std=gnu11", "-o", program, SOURCE]
    for tls_options in (["-DWITH_TLS", "-lssl", "-lcrypto"], []):
        process = start([*common, *tls_options], stderr=subprocess.PIPE)
        _, error_output = process.communicate()
        if process.returncode == 0:
            return SinkProgram(path=program, speaks_tls=bool(tls_options))
    raise BenchmarkError(f"sink.c does not compile: {error_output}")


@contextmanager
def c_sink(
    program: SinkProgram,
    folder: Path,
    *,
    delay_ms: int = 0,
    keep: int = 0,
    keep_each: int = KEPT_EACH,
    certificate: Path | None = None,
) -> Iterator[Sink]:
    """Run our own sink, which writes the messages it keeps to `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    options: list[Any] = ["-d", delay_ms, "-k", keep, "-e", keep_each, "-o", folder]
    if certificate is not None:
        options += ["-c", certificate]
    process = start([program.path, *options])
    sink = Sink(port=_first_line(process)["port"])
    try:
        yield sink
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    sink.counts = Counts(**json.loads(output))
    sink.kept = [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


@contextmanager
def smtp_sink(program: str) -> Iterator[Sink]:
    """Run Postfix's smtp-sink, which counts nothing."""
    port = _free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    process = start([program, *user, f"127.0.0.1:{port}", "1024"])
    try:
        _await_port(port)
        yield Sink(port=port)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _first_line(process: subprocess.Popen[str]) -> Any:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise BenchmarkError(f"{process.args!r} did not start")
    return json.loads(line)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    """Wait until the port is open, because smtp-sink does not report when it listens."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise BenchmarkError(f"nothing listens on port {port}")
