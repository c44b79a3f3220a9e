"""The senders that are compared: the commands that run them, and their requirements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from benchmarks.publication import Publication

Command = list[str | Path]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One run: the port, the number of messages, and the connections in total.

    `folder` is the run's own; `certificate` is set when the sender must use STARTTLS.
    """

    publication: Publication
    folder: Path
    port: int
    count: int
    connections: int
    certificate: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """The processes of one run."""

    commands: list[Command]
    environment: Mapping[str, str] = field(default_factory=dict)
    waits: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """One way of sending. `missing` names what is not installed, `key` the kind of DKIM key.

    `speaks_tls` is False for a sender without STARTTLS. With fewer than `least` messages some of
    its processes would have nothing to send.
    """

    slug: str
    title: str
    launch: Callable[[Job], Launch]
    processes: int = 1
    key: str = ""
    missing: str = ""
    speaks_tls: bool = True
    least: int = 0


def shares(count: int, parts: int) -> list[tuple[int, int]]:
    """Divide `count` recipients, numbered from 1: (first, how many) for each part."""
    edges = [1 + count * part // parts for part in range(parts + 1)]
    return [(low, high - low) for low, high in pairwise(edges)]
