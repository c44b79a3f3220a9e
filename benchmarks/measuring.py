"""The extent of a measurement: senders, conditions and sizes, in full or in two minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from benchmarks.certificate import write_certificate
from benchmarks.costs import measure_costs
from benchmarks.efficiency import measure_floor
from benchmarks.findings import UNDELAYED, Comparison, Findings
from benchmarks.gathering import gather_feeds
from benchmarks.importing import import_files
from benchmarks.machine import load_average, this_machine
from benchmarks.nodes import measure_kept, measure_nodes
from benchmarks.parsing import measure_parsing
from benchmarks.peers import (
    find_postfix_program,
    install_nodemailer,
    nodemailer,
    smtp_source,
    usual_python,
)
from benchmarks.pipeline import SiteSize, measure_steps
from benchmarks.planning import plan_lists, send_lists
from benchmarks.publication import make_publication
from benchmarks.rendering import render_issues
from benchmarks.rsa import signs_per_second
from benchmarks.runs import Bench, Condition, compare
from benchmarks.send import our_sender
from benchmarks.senders import Sender
from benchmarks.sink import build_sink

NEAR = Condition(slug=UNDELAYED, title="Into the C sink")
INTO_SMTP_SINK = Condition(slug="smtp-sink", title="Into smtp-sink", into_smtp_sink=True)
ENCRYPTED = Condition(slug="starttls", title="Into the C sink, with STARTTLS", encrypted=True)
FAR = tuple(
    Condition(
        slug=f"delay-{delay}",
        title=f"Into the C sink, with a round trip of {delay} ms",
        connections=32,
        delay_ms=delay,
        times_as_long=3,
    )
    for delay in (20, 50)
)

COMPARED_FAR = ("newsletter-rsa-2", "newsletter-plain-2", "smtp-source", "nodemailer-raw-1",
           "python-aiosmtplib-1")  # fmt: skip
"""The senders that are compared with a delay; the others are limited by their CPU even then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How much is measured; `seconds` is the approximate time of one run."""

    rounds: int
    seconds: float
    only: Sequence[str] = ()
    list_sizes: Sequence[int]
    send_sizes: Sequence[int]
    import_sizes: Sequence[int]
    articles: Sequence[int]
    editions: Sequence[int]
    feeds: Sequence[int]
    items: Sequence[int]
    repeats: int
    site: SiteSize
    node_messages: int


FULL = Extent(
    rounds=5,
    seconds=2,
    list_sizes=(10_000, 100_000, 1_000_000),
    send_sizes=(10_000, 100_000, 1_000_000),
    import_sizes=(10_000, 100_000, 1_000_000),
    articles=(5, 10, 20, 40),
    editions=(1, 10, 100),
    feeds=(1, 10, 50),
    items=(20, 100),
    site=SiteSize(feeds=500, entries=50, articles=50_000, issues=200),
    repeats=7,
    node_messages=9_000,
)
QUICK = Extent(
    rounds=1,
    seconds=1,
    only=("newsletter-rsa-1", "newsletter-rsa-2", "newsletter-ed25519-2", "newsletter-plain-2",
          "smtp-source", "nodemailer-raw-1", "nodemailer-dkim-2", "python-composing-2"),
    list_sizes=(10_000, 100_000),
    send_sizes=(10_000,),
    import_sizes=(10_000, 100_000),
    articles=(10, 40),
    editions=(1, 10),
    feeds=(1, 10),
    items=(20, 100),
    site=SiteSize(feeds=50, entries=20, articles=2_000, issues=10),
    repeats=3,
    node_messages=2_000,
)  # fmt: skip


def measure(extent: Extent, folder: Path, at: datetime, say: Callable[[str], None]) -> Findings:
    """Measure everything; raises BenchmarkError when a run fails."""
    folder.mkdir(parents=True, exist_ok=True)
    load_before = load_average()
    bench = _prepare(folder)
    senders = _senders(extent, folder / "node")
    conditions, skipped = _conditions(bench)
    skipped += sorted({f"{s.title}: {s.missing}" for s in senders if s.missing})
    findings = Findings(
        at=at,
        machine=this_machine(),
        loads=(load_before, load_before),
        octets=bench.publication.octets,
        rounds=extent.rounds,
        seconds=extent.seconds,
        raw_signs=signs_per_second(
            bench.publication.keys["rsa"],
            processes=this_machine().cores,
            seconds=extent.seconds,
        ),
        floor=measure_floor(bench.publication),
        comparisons=[
            Comparison(
                condition=condition,
                results=compare(
                    bench,
                    _those_for(condition, senders),
                    condition,
                    rounds=extent.rounds,
                    seconds=extent.seconds,
                    say=say,
                ),
            )
            for condition in conditions
        ],
        costs=measure_costs(bench.publication, folder / "costs", repeats=extent.repeats),
        plans=plan_lists(bench, extent.list_sizes),
        sends=send_lists(bench, extent.send_sizes),
        imports=import_files(bench, extent.import_sizes),
        renderings=render_issues(extent.articles, extent.editions, repeats=extent.repeats),
        gatherings=gather_feeds(extent.feeds, extent.items, repeats=extent.repeats),
        parsings=measure_parsing(repeats=20 * extent.repeats),
        steps=measure_steps(folder / "steps", size=extent.site),
        together=measure_nodes(
            bench, (1, 2, 3), rounds=extent.rounds, messages=extent.node_messages, say=say
        ),
        kept=measure_kept(bench, 3, say),
        skipped=skipped,
    )
    return replace(findings, loads=(load_before, load_average()))


def _prepare(folder: Path) -> Bench:
    sink = build_sink(folder)
    return Bench(
        publication=make_publication(folder / "publication"),
        folder=folder,
        sink=sink,
        smtp_sink=find_postfix_program("smtp-sink"),
        certificate=write_certificate(folder / "relay.pem") if sink.speaks_tls else None,
    )


def _senders(extent: Extent, modules: Path) -> list[Sender]:
    missing = install_nodemailer(modules)
    every = [
        *(our_sender(key, number) for key in ("rsa", "ed25519", "") for number in (1, 2)),
        smtp_source(),
        *(
            nodemailer(way, number, modules, missing)
            for way, number in (("raw", 1), ("raw", 2), ("composing", 1), ("dkim", 1), ("dkim", 2))
        ),
        usual_python("composing", 1),
        usual_python("composing", 2),
        usual_python("aiosmtplib", 1),
        usual_python("smtplib", 1),
    ]
    return [sender for sender in every if not extent.only or sender.slug in extent.only]


def _conditions(bench: Bench) -> tuple[list[Condition], list[str]]:
    conditions, skipped = [NEAR], []
    if bench.smtp_sink:
        conditions.append(INTO_SMTP_SINK)
    else:
        skipped.append("smtp-sink is not installed (Debian: postfix)")
    conditions += FAR
    if bench.certificate:
        conditions.append(ENCRYPTED)
    else:
        skipped.append("STARTTLS: OpenSSL's headers are not installed (Debian: libssl-dev)")
    return conditions, skipped


def _those_for(condition: Condition, senders: Sequence[Sender]) -> list[Sender]:
    return [s for s in senders if not condition.delay_ms or s.slug in COMPARED_FAR]
