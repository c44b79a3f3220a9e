"""Ports of loopback, for servers that are programs of their own."""

from __future__ import annotations

import socket
import threading


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, name: str) -> None:
    """Wait until the server of that name listens; raises TimeoutError after two minutes."""
    patience = threading.Event()
    for _ in range(2400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        patience.wait(0.05)
    raise TimeoutError(f"{name} does not answer on port {port}")
