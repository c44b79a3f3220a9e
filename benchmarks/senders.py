"""What is compared: each sender as the commands that make it send, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from benchmarks.publication import Publication

Command = list[str | Path]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One run: to which port, how many messages, over how many connections in all.

    `folder` is the run's own; `certificate` is there when the relay must be spoken to by
    STARTTLS.
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
    """One way of sending. `missing` says what is not installed; `key` what it signs with.

    `speaks_tls` is False for one that knows no STARTTLS. With fewer than `least` messages some of
    its processes would have nothing to do.
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
    """`count` recipients, numbered from 1, shared out: (first, how many) for each part."""
    edges = [1 + count * part // parts for part in range(parts + 1)]
    return [(low, high - low) for low, high in pairwise(edges)]
