"""Timed runs: one sender into one sink, and rounds in which the senders take turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.arrivals import check_counts, check_messages
from benchmarks.programs import BenchmarkError, Ended, run_together
from benchmarks.publication import Publication
from benchmarks.senders import Job, Sender
from benchmarks.sink import SinkProgram, c_sink, smtp_sink
from benchmarks.threads import Used

SAMPLE = 5
"""Messages of each timed run that are looked at."""

WARM_UP = 50
"""Messages of the first run, which is checked and timed only to know how many the next need.

Where that is many more, one more run tells better: of few, the beginning is most of the time.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What all runs share."""

    publication: Publication
    folder: Path
    sink: SinkProgram
    smtp_sink: str | None = None
    certificate: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Under what a comparison is made; `delay_ms` is the round trip's, 0 for none.

    A run is `times_as_long` where its ends weigh much, at which not all connections are at work.
    """

    slug: str
    title: str
    connections: int = 16
    delay_ms: int = 0
    into_smtp_sink: bool = False
    encrypted: bool = False
    times_as_long: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One timed run. `cpu_seconds` is the sender's, of all its processes.

    So is `threads`, by the threads' names without their numbers, where the sender tells it.
    """

    messages: int
    seconds: float
    cpu_seconds: float
    sink_cpu_seconds: float
    peak_bytes: int
    threads: Mapping[str, Used]

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """A sender's runs under one condition."""

    sender: Sender
    runs: tuple[Run, ...]

    @property
    def rate(self) -> float:
        """The median of messages a second."""
        return median(run.rate for run in self.runs)

    @property
    def cpu_per_message(self) -> float:
        """The median of the sender's CPU time for one message, in microseconds."""
        return median(run.cpu_seconds / run.messages for run in self.runs) * 1e6

    def of_threads(self, kind: str) -> Used:
        """What the threads of that name used for one message, in microseconds, in all runs."""
        used = sum((run.threads.get(kind, Used()) for run in self.runs), Used())
        each = 1e6 / sum(run.messages for run in self.runs)
        return Used(program=used.program * each, kernel=used.kernel * each)

    @property
    def sink_cpu_per_message(self) -> float:
        """The median of the sink's CPU time for one message, in microseconds."""
        return median(run.sink_cpu_seconds / run.messages for run in self.runs) * 1e6


def run_once(bench: Bench, sender: Sender, condition: Condition, count: int) -> Run:
    """One run, looked at; raises BenchmarkError when a message is lost, repeated or wrong."""
    certificate = bench.certificate if condition.encrypted else None
    if condition.into_smtp_sink:
        opened = smtp_sink(bench.smtp_sink or "")
    else:
        opened = c_sink(
            bench.sink,
            bench.folder / "kept",
            delay_ms=condition.delay_ms,
            keep=SAMPLE,
            certificate=certificate,
        )
    with opened as sink:
        launch = sender.launch(
            Job(
                publication=bench.publication,
                folder=bench.folder / "run",
                port=sink.port,
                count=count,
                connections=condition.connections,
                certificate=certificate,
            )
        )
        ended = run_together(launch.commands, launch.environment, waits=launch.waits)
    if sink.counts is None:
        return _run(count, _told_seconds(ended), ended, 0.0)
    check_counts(sink.counts, count)
    if sender.slug != "smtp-source":  # which sends no newsletter, only as many octets
        check_messages(sink.kept, bench.publication.keys[sender.key] if sender.key else None)
    return _run(count, sink.counts.seconds, ended, sink.counts.cpu_seconds)


def compare(
    bench: Bench,
    senders: Sequence[Sender],
    condition: Condition,
    *,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> list[Result]:
    """Let the senders take turns for `rounds` rounds, each for about so many seconds a turn."""
    able = [sender for sender in senders if not sender.missing]
    if condition.encrypted:
        able = [sender for sender in able if sender.speaks_tls]
    counts = {
        sender.slug: _count(bench, sender, condition, seconds * condition.times_as_long)
        for sender in able
    }
    runs: dict[str, list[Run]] = {sender.slug: [] for sender in able}
    for turn in range(rounds):
        # Each round begins with another one, so that no place in the order is anybody's.
        for sender in [*able[turn % len(able) :], *able[: turn % len(able)]]:
            run = run_once(bench, sender, condition, counts[sender.slug])
            runs[sender.slug].append(run)
            say(f"{condition.title}: {sender.title}, {sender.processes} p: {run.rate:,.0f}/s")
    return [Result(sender=sender, runs=tuple(runs[sender.slug])) for sender in able]


def _count(bench: Bench, sender: Sender, condition: Condition, seconds: float) -> int:
    """How many messages it sends in about so many seconds."""
    count = WARM_UP
    for _ in range(2):
        rate = run_once(bench, sender, condition, count).rate
        enough = max(WARM_UP, sender.least, min(int(rate * seconds), 100_000))
        if enough <= 10 * count:
            break
        count = enough
    return enough


def _told_seconds(ended: Ended) -> float:
    """smtp-sink has no clock: the sender's own, else the processes' life."""
    told = [answer["seconds"] for answer in ended.answers if "seconds" in answer]
    return max(told, default=ended.seconds)


def _run(count: int, seconds: float, ended: Ended, sink_cpu_seconds: float) -> Run:
    if seconds <= 0:
        raise BenchmarkError("a run too short to be timed")
    return Run(
        messages=count,
        seconds=seconds,
        cpu_seconds=ended.cpu_seconds,
        sink_cpu_seconds=sink_cpu_seconds,
        peak_bytes=ended.peak_bytes,
        threads=_threads(ended),
    )


def _threads(ended: Ended) -> dict[str, Used]:
    sums: dict[str, Used] = {}
    for answer in ended.answers:
        for name, used in answer.get("threads", {}).items():
            kind = name.partition("_")[0]
            sums[kind] = sums.get(kind, Used()) + Used(**used)
    return sums
