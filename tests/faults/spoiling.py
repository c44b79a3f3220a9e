"""Everything that can go wrong in the talk with a relay, step by step, and what must follow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from newsletter.delivery.classify import Stage
from newsletter.delivery.sender import SendReport
from newsletter.delivery.transport import Timeouts
from newsletter.errors import RelayUnavailableError
from newsletter.store.database import Database
from tests.factories.ledger import NOW, planned_ledger
from tests.factories.sending import send
from tests.factories.tls import make_identity
from tests.faults.honesty import Comparison, compare
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server

READERS = 120
SPOILT_STEPS = 3
"""How often a step goes wrong in a run, spread over it; then it goes well."""

TIMES = Timeouts(connect=1, command=1, body=4, dot=1, quit=0.4)
MOST_RUNS = 40
TIME_LIMIT = 120.0


class End(StrEnum):
    """What a fault must come to."""

    ALL = "everybody gets it"
    UNKNOWN = "those concerned are unknown, everybody else gets it"
    REJECTED = "those concerned are rejected, everybody else gets it"
    PAUSED = "the run pauses; when the relay is mended everybody gets it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A step that goes wrong in one way."""

    stage: Stage
    name: str
    spoilt: Spoilt
    end: End


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a fault came to; `runs` of `send` until all was settled, `pauses` of them paused."""

    fault: Fault
    spoilt: int
    runs: int
    pauses: int
    rejected: int
    seconds: float
    in_clear: int
    end: Comparison

    @property
    def is_as_it_must_be(self) -> bool:
        """The books agree with the server, and the outcome is the one demanded."""
        expected = {
            End.ALL: self.end.unknown == self.rejected == self.pauses == 0,
            End.UNKNOWN: 0 < self.end.unknown <= self.spoilt and self.rejected == 0,
            End.REJECTED: 0 < self.rejected <= self.spoilt and self.end.unknown == 0,
            End.PAUSED: self.pauses > 0 and self.rejected == self.end.unknown == 0,
        }[self.fault.end]
        return self.end.is_honest and expected and self.seconds < TIME_LIMIT and not self.in_clear


SESSION = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH)
TALK = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.DOT)

REPLIES: list[tuple[str, str, str]] = [
    ("4xx", "451 4.3.0 Not now", "later"),
    ("421 and gone", "421 4.3.2 Closing", "later"),
    ("5xx", "550 5.5.0 Never", "never"),
    ("5xx of policy", "550 5.7.1 Not you", "policy"),
    ("a code that cannot stand here", "250 2.0.0 Eh?", "odd"),
    ("an unheard-of code", "299 What?", "odd"),
    ("garbage", "2xx \x07what", "odd"),
    ("an endless line", "250 " + "x" * 40_000, "odd"),
]


def faults() -> Iterator[Fault]:
    """Each kind at each step."""
    for stage in (*SESSION, *TALK):
        for name, reply, kind in REPLIES:
            if (end := _end_of(stage, kind, reply)) is not None:
                hang_up = reply.startswith("421")
                yield Fault(
                    stage=stage, name=name, spoilt=Spoilt(reply=reply, hang_up=hang_up), end=end
                )
        usual = End.ALL
        cut = End.UNKNOWN if stage is Stage.DOT else End.ALL
        yield Fault(stage=stage, name="hangs up", spoilt=Spoilt(reply="", hang_up=True), end=cut)
        yield Fault(stage=stage, name="no reply", spoilt=Spoilt(reply=""), end=cut)
        yield Fault(
            stage=stage,
            name="in single octets",
            spoilt=Spoilt(in_pieces=True, delay=0.01),
            end=usual,
        )
        yield Fault(stage=stage, name="late", spoilt=Spoilt(delay=0.1), end=usual)
        if stage not in (Stage.CONNECT, Stage.EHLO):
            many = "\r\n".join(["250-2.0.0 first", "250-2.0.0 second", "250 2.0.0 last"])
            code = {Stage.STARTTLS: "220", Stage.AUTH: "235", Stage.DATA: "354"}.get(stage, "250")
            yield Fault(
                stage=stage,
                name="in three lines",
                spoilt=Spoilt(reply=many.replace("250", code)),
                end=usual,
            )


def _end_of(stage: Stage, kind: str, reply: str) -> End | None:
    if kind == "later":
        return End.ALL
    if kind == "never":
        return End.REJECTED if stage in (Stage.RCPT, Stage.DATA, Stage.DOT) else End.PAUSED
    if kind == "policy":
        return End.PAUSED
    if stage is Stage.DOT:
        # 250 is what should come; 299 is a 2xx all the same (RFC 5321 section 4.3.2).
        return End.UNKNOWN if not reply.startswith("2") or "x" in reply else End.ALL
    if reply.startswith("2") and "x" not in reply and stage is not Stage.DATA:
        return None if stage in SESSION else End.ALL
    return End.ALL


class _Every:
    """Spoils a step now and then, so often and no more."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.spoilt = 0
        self.seen = 0
        # A session's steps are few: spoil them from the first one on.
        self._every = 1 if fault.stage in SESSION else 17

    def __call__(self, stage: Stage, _recipient: str) -> Spoilt | None:
        if stage is not self.fault.stage or self.spoilt >= SPOILT_STEPS:
            return None
        self.seen += 1
        if self.seen % self._every:
            return None
        self.spoilt += 1
        return self.fault.spoilt


async def try_fault(
    database: Database, fault: Fault, folder: Path, *, pipelining: bool = True
) -> Trial:
    """Send to READERS through a relay with this fault, again and again until all is settled."""
    ledger = planned_ledger(database, readers=READERS)
    plan = _Every(fault)
    secure = fault.stage in (Stage.STARTTLS, Stage.AUTH)
    identity = make_identity(folder / "identity")
    catcher = FastCatcher(
        plan=plan, pipelining=pipelining, tls=identity.context, signs_in=fault.stage is Stage.AUTH
    )
    changes: dict[str, Any] = {"connections": 2, "security": "none"}
    if secure:
        changes |= {"security": "starttls", "ca_file": identity.ca_file}
    if fault.stage is Stage.AUTH:
        changes |= {"username": "news", "password": "s3cret"}
    began = time.monotonic()
    runs = pauses = rejected = 0
    now = NOW
    async with fast_server(catcher):
        relay = catcher.relay(**changes)
        while runs < MOST_RUNS:
            runs += 1
            report = await _one_run(ledger, relay, now)
            if report is not None:
                pauses += bool(report.paused)
                rejected += report.rejected
                if report.next_retry is None and not report.paused:
                    break
            now += timedelta(minutes=10)
    return Trial(
        fault=fault,
        spoilt=plan.spoilt,
        runs=runs,
        pauses=pauses,
        rejected=rejected,
        seconds=time.monotonic() - began,
        in_clear=catcher.in_clear if secure else 0,
        end=compare(database, catcher.copies),
    )


async def _one_run(ledger: Any, relay: Any, now: Any) -> SendReport | None:
    try:
        async with asyncio.timeout(TIME_LIMIT):
            return await send(ledger, relay, now=now, timeouts=TIMES, pauses=(0.01, 0.02, 0.04))
    except RelayUnavailableError:
        return None
