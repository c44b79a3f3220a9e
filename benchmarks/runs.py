"""Timed runs of one sender into one sink, and rounds in which the senders take turns."""

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
from benchmarks.threads import CpuTime

SAMPLE = 5
"""Messages of each timed run that are checked."""

WARM_UP = 50
"""Messages of the first run, which only serves to estimate the number for the timed runs.

If that is many more, a second run gives a better estimate, because the start dominates short runs.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """The resources that all runs share."""

    publication: Publication
    folder: Path
    sink: SinkProgram
    smtp_sink: str | None = None
    certificate: Path | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """The condition of a comparison; `delay_ms` is added to each round trip.

    A run takes `times_as_long` where its start and end, with idle connections, matter more.
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
    """One timed run. `cpu_seconds` is the sender's CPU time, of all its processes together.

    `threads` is the same by the threads' names without their numbers, if the sender reports it.
    """

    messages: int
    seconds: float
    cpu_seconds: float
    sink_cpu_seconds: float
    peak_bytes: int
    threads: Mapping[str, CpuTime]

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

    def of_threads(self, kind: str) -> CpuTime:
        """The CPU time of the threads of that name per message, in microseconds, over all runs."""
        used = sum((run.threads.get(kind, CpuTime()) for run in self.runs), CpuTime())
        scale = 1e6 / sum(run.messages for run in self.runs)
        return CpuTime(program=used.program * scale, kernel=used.kernel * scale)

    @property
    def sink_cpu_per_message(self) -> float:
        """The median of the sink's CPU time for one message, in microseconds."""
        return median(run.sink_cpu_seconds / run.messages for run in self.runs) * 1e6


def run_once(bench: Bench, sender: Sender, condition: Condition, count: int) -> Run:
    """One checked run; raises BenchmarkError when a message is lost, repeated or wrong."""
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
        return _run(count, _reported_seconds(ended), ended, 0.0)
    check_counts(sink.counts, count)
    if sender.slug != "smtp-source":  # which sends as many octets, but no newsletter
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
    """Let the senders take turns for `rounds` rounds of about `seconds` seconds per sender."""
    installed = [sender for sender in senders if not sender.missing]
    if condition.encrypted:
        installed = [sender for sender in installed if sender.speaks_tls]
    counts = {
        sender.slug: _count(bench, sender, condition, seconds * condition.times_as_long)
        for sender in installed
    }
    runs: dict[str, list[Run]] = {sender.slug: [] for sender in installed}
    for turn in range(rounds):
        # Each round begins with a different sender, so that none benefits from its position.
        for sender in [*installed[turn % len(installed) :], *installed[: turn % len(installed)]]:
            run = run_once(bench, sender, condition, counts[sender.slug])
            runs[sender.slug].append(run)
            say(f"{condition.title}: {sender.title}, {sender.processes} p: {run.rate:,.0f}/s")
    return [Result(sender=sender, runs=tuple(runs[sender.slug])) for sender in installed]


def _count(bench: Bench, sender: Sender, condition: Condition, seconds: float) -> int:
    """How many messages the sender sends in about `seconds` seconds."""
    count = WARM_UP
    for _ in range(2):
        rate = run_once(bench, sender, condition, count).rate
        enough = max(WARM_UP, sender.least, min(int(rate * seconds), 100_000))
        if enough <= 10 * count:
            break
        count = enough
    return enough


def _reported_seconds(ended: Ended) -> float:
    """The time by the sender's own clock or the processes' lifetime, as smtp-sink has no clock."""
    reported = [answer["seconds"] for answer in ended.answers if "seconds" in answer]
    return max(reported, default=ended.seconds)


def _run(count: int, seconds: float, ended: Ended, sink_cpu_seconds: float) -> Run:
    if seconds <= 0:
        raise BenchmarkError("the run is too short to be timed")
    return Run(
        messages=count,
        seconds=seconds,
        cpu_seconds=ended.cpu_seconds,
        sink_cpu_seconds=sink_cpu_seconds,
        peak_bytes=ended.peak_bytes,
        threads=_threads(ended),
    )


def _threads(ended: Ended) -> dict[str, CpuTime]:
    sums: dict[str, CpuTime] = {}
    for answer in ended.answers:
        for name, used in answer.get("threads", {}).items():
            kind = name.partition("_")[0]
            sums[kind] = sums.get(kind, CpuTime()) + CpuTime(**used)
    return sums
