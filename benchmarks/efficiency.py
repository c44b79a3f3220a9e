"""How close a send comes to the work that no sender can avoid, on this machine, in this run.

The unavoidable work of a message is its signature, one SHA-256 of its octets where it is signed, the
kernel's work to write it, and what the sink uses to take it. A sender's efficiency is that, divided by
the CPU time that the sender and the sink used. Rates depend on the machine; this hardly does.
"""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks.publication import Publication
from benchmarks.rsa import signing_key
from benchmarks.runs import Condition, Result

ROUNDS = 5
EACH = 200
"""Measurements whose median counts, and calls in each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor:
    """The CPU time that one message cannot do without, in microseconds.

    `signing` is by the kind of key, "" without one.
    """

    signing: Mapping[str, float]
    hashing: float
    writing: float

    def of(self, key: str) -> float:
        """A message that is signed with that key, without the sink's share."""
        return self.signing[key] + (self.hashing if key else 0.0) + self.writing


def measure_floor(publication: Publication) -> Floor:
    """Each part by itself, in one thread."""
    content = publication.message.read_bytes().replace(b"\n", b"\r\n")
    digest = hashlib.sha256(content).digest()
    signing = {
        kind: _microseconds(partial(signing_key(path).sign_digest, digest))
        for kind, path in publication.keys.items()
    }
    return Floor(
        signing={"": 0.0, **signing},
        hashing=_microseconds(lambda: hashlib.sha256(content).digest()),
        writing=_writing(content),
    )


def efficiency(floor: Floor, result: Result) -> float:
    """The unavoidable part of what the sender and the sink used for a message."""
    sink = result.sink_cpu_per_message
    return (floor.of(result.sender.key) + sink) / (result.cpu_per_message + sink)


def messages_per_round_trip(result: Result, condition: Condition) -> float:
    """How many messages each connection sends while one round trip lasts."""
    return result.rate * condition.delay_ms / 1000 / condition.connections


def _microseconds(work: Callable[[], object]) -> float:
    """The median of this thread's CPU time for one call."""
    times = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(EACH):
            work()
        times.append((time.thread_time() - begun) / EACH)
    return median(times) * 1e6


def _writing(content: bytes) -> float:
    """The CPU time to write the message to a connection of which another thread reads."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        taken, _address = server.accept()
        reader = threading.Thread(target=_drain, args=[taken])
        reader.start()
        used = _microseconds(lambda: connection.sendall(content))
        connection.shutdown(socket.SHUT_WR)
        reader.join()
    return used


def _drain(connection: socket.socket) -> None:
    buffer = bytearray(1 << 18)
    with connection:
        while connection.recv_into(buffer):
            pass
