"""What every test of the press shares: it never asks the network (rule 8)."""

from __future__ import annotations

import socket
from typing import Any, NoReturn

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to look a host up or to connect fails the test."""

    def refuse(*arguments: Any, **_options: Any) -> NoReturn:
        raise AssertionError(f"rendering asked the network: {arguments}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
