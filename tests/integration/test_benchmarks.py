"""The benchmarks, in a short form: what they rest on works, so that their figures mean something."""

from __future__ import annotations

import shutil
import smtplib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.arrivals import check_counts, check_messages
from benchmarks.costs import Cost
from benchmarks.efficiency import Floor, measure_floor, messages_per_round_trip
from benchmarks.figures import (
    Change,
    Figure,
    compare,
    figures_of,
    read_figures,
    table,
    write_figures,
)
from benchmarks.findings import UNDELAYED, Comparison, Findings, goals
from benchmarks.gathering import gather_feeds
from benchmarks.importing import Import, import_files
from benchmarks.machine import this_machine
from benchmarks.measuring import NEAR
from benchmarks.nodes import LimitedRate, NodeRates, measure_nodes
from benchmarks.parsing import Parsing, measure_parsing
from benchmarks.pipeline import SiteSize, Step, measure_steps
from benchmarks.planning import LongSend, Plan
from benchmarks.programs import BenchmarkError
from benchmarks.publication import Publication, make_publication
from benchmarks.rendering import render_issues
from benchmarks.report import write_report
from benchmarks.runs import Bench, Result, Run, run_once
from benchmarks.send import our_sender
from benchmarks.senders import shares
from benchmarks.sink import SinkProgram, build_sink, c_sink, find_compiler
from benchmarks.threads import CpuTime
from newsletter.errors import InputError

MESSAGE = b"Subject: one\r\n\r\nline\r\n..dotted\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the module's files."""
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def sink_program(folder: Path) -> SinkProgram:
    """sink.c, compiled."""
    if find_compiler() is None:
        pytest.skip("there is no C compiler on this machine")
    return build_sink(folder)


@pytest.fixture(scope="module")
def publication(folder: Path) -> Publication:
    """The site whose newsletter is sent."""
    return make_publication(folder / "publication", articles=4)


@pytest.fixture
def bench(folder: Path, sink_program: SinkProgram, publication: Publication) -> Iterator[Bench]:
    """All that a run needs."""
    yield Bench(publication=publication, folder=folder, sink=sink_program)
    shutil.rmtree(folder / "run", ignore_errors=True)


def test_sink_counts_messages_and_distinct_recipients(
    sink_program: SinkProgram, tmp_path: Path
) -> None:
    """Each recipient's number is counted once, and what came again is counted as repeated."""
    with (
        c_sink(sink_program, tmp_path / "kept", keep=9, keep_each=1) as sink,
        smtplib.SMTP("127.0.0.1", sink.port, local_hostname="test") as session,
    ):
        for number in (1, 2, 3, 3):
            session.sendmail(
                "from@example.org", [f"reader{number}@example.net"], "Subject: x\n\n.\n"
            )
    assert sink.counts is not None
    assert (sink.counts.messages, sink.counts.recipients) == (4, 4)
    assert (sink.counts.distinct, sink.counts.repeated, sink.counts.refused) == (3, 1, 0)
    assert sink.kept == [b"Subject: x\r\n\r\n..\r\n"] * 4
    with pytest.raises(BenchmarkError):
        check_counts(sink.counts, 4)


def test_sink_finds_the_dot_wherever_the_bytes_are_cut(
    sink_program: SinkProgram, tmp_path: Path
) -> None:
    """A pipelined transaction that arrives octet by octet is read as one that comes at once."""
    dialogue = b"EHLO x\r\n" + b"".join(
        b"MAIL FROM:<a@b.test>\r\nRCPT TO:<r%d@c.test>\r\nDATA\r\n%b.\r\n" % (number, MESSAGE)
        for number in range(2)
    )
    with c_sink(sink_program, tmp_path / "kept", keep=2, keep_each=1) as sink:
        for pieces in ([dialogue], [dialogue[at : at + 1] for at in range(len(dialogue))]):
            with socket.create_connection(("127.0.0.1", sink.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for piece in pieces:
                    connection.sendall(piece)
                connection.sendall(b"QUIT\r\n")
                _read_to(connection, b"221 ")
    assert sink.counts is not None
    assert (sink.counts.messages, sink.counts.distinct, sink.counts.repeated) == (4, 2, 2)
    assert sink.kept == [MESSAGE, MESSAGE]


def test_sink_refuses_what_is_out_of_order(sink_program: SinkProgram, tmp_path: Path) -> None:
    """DATA without a recipient is not a message."""
    with (
        c_sink(sink_program, tmp_path / "kept") as sink,
        socket.create_connection(("127.0.0.1", sink.port)) as connection,
    ):
        connection.sendall(b"RCPT TO:<r1@c.test>\r\nDATA\r\nQUIT\r\n")
        said = _read_to(connection, b"221 ")
    assert said.count(b"503 ") == 2
    assert sink.counts is not None
    assert (sink.counts.messages, sink.counts.refused) == (0, 2)


def test_sink_holds_replies_back_without_holding_up_others(
    sink_program: SinkProgram, tmp_path: Path
) -> None:
    """Ten connections to a sink one second away are greeted after a second, not after ten."""
    with c_sink(sink_program, tmp_path / "kept", delay_ms=1000) as sink:
        begun = time.perf_counter()
        connections = [socket.create_connection(("127.0.0.1", sink.port)) for _ in range(10)]
        for connection in connections:
            _read_to(connection, b"220 ")
        seconds = time.perf_counter() - begun
        for connection in connections:
            connection.close()
    assert 1 <= seconds < 8


def test_our_sender_reaches_every_reader_once(bench: Bench) -> None:
    """Two processes send one issue, signed; the run is counted, and a sample of it verified."""
    run = run_once(bench, our_sender("rsa", 2), replace(NEAR, connections=4), 60)
    assert {"MainThread", "intents", "ledger"} <= set(run.threads)
    assert run.messages == 60
    assert run.rate > 0
    assert run.cpu_seconds > 0


def test_nodes_reach_every_reader_once(bench: Bench) -> None:
    """Two nodes on a PostgreSQL of their own; the sink counts."""
    said: list[str] = []
    (together,) = measure_nodes(bench, (2,), rounds=1, messages=60, say=said.append)
    assert together.rate > 0
    assert len(said) == 1


def test_a_wrong_message_is_no_run(publication: Publication) -> None:
    """What arrived without its second part, or with a broken signature, is not taken for a mail."""
    whole = publication.message.read_bytes().replace(b"\n", b"\r\n")
    check_messages([whole], None)
    with pytest.raises(BenchmarkError):
        check_messages([MESSAGE], None)
    with pytest.raises(BenchmarkError):
        check_messages([b"DKIM-Signature: v=1\r\n" + whole], publication.keys["rsa"])


def test_shares_cover_everyone_once() -> None:
    """Recipients shared out over processes are all there, and none twice."""
    numbers = [number for first, count in shares(10, 3) for number in range(first, first + count)]
    assert numbers == list(range(1, 11))


def test_the_page_and_its_plots_are_written(tmp_path: Path) -> None:
    """The report names each sender, says which promise is kept, and draws every plot it shows."""
    page = write_report(_findings(), tmp_path).read_text(encoding="utf-8")
    assert "| newsletter, RSA-2048 | 2 | 1,500 |" in page
    assert "| RSA-2048, 2 p, to this machine's RSA signs | ≥ 0.5× | 0.50× | met |" in page
    assert "| newsletter, RSA-2048 | 2 | 1,000 | 400 | 100 | 0 | 0 |" in page
    assert "| newsletter, RSA-2048 | 2 | 700 | 1,000 | 67 | 0.66 |" in page
    assert "| efficiency: RSA-2048, 2 p | ≥ 0.75 | 0.66 | missed |" in page
    assert "| 2 | 800 | 790 – 810 |" in page
    assert "limit | ≤ 5 % | 2.50 % | met |" in page
    assert "| what a worker process adds to parsing a feed | ≤ 3 ms | 1.50 ms | met |" in page
    assert "| what a worker process adds to parsing a mail | ≤ 3 ms | 4.00 ms | missed |" in page
    assert "| a feed | 64 | 30.0 | 31.5 | 1.50 |" in page
    assert "node is not installed" in page
    for line in page.splitlines():
        if line.startswith("!["):
            drawing = (tmp_path / line.partition("](")[2].removesuffix(")")).read_text()
            assert drawing.startswith("<svg")


def test_a_promise_that_was_not_measured_is_not_called_kept() -> None:
    """Without the peer there is no ratio."""
    (ratio,) = [goal for goal in goals(_findings()) if "usual Python way" in goal.what]
    assert ratio.verdict == "not measured"


def test_what_no_message_can_do_without_is_measured(publication: Publication) -> None:
    """A signature by RSA costs more than one by Ed25519, and a message without one no hash."""
    floor = measure_floor(publication)
    assert floor.of("rsa") > floor.of("ed25519") > floor.of("") > 0


def test_round_trips_are_counted_by_connection() -> None:
    """At 20 ms each of 32 connections can send 50 messages a second."""
    (comparison,) = _findings().comparisons
    far = replace(NEAR, delay_ms=20, connections=32)
    assert messages_per_round_trip(comparison.results[0], far) == pytest.approx(1500 / 50 / 32)


def test_an_import_is_measured_and_its_broken_rows_are_counted(bench: Bench) -> None:
    """A run whose counts are wrong does not count; the page has the figures."""
    (one,) = import_files(bench, [2_000])
    assert one.rows == 2_000
    assert one.seconds > 0
    assert one.peak_bytes > 10_000_000


def test_parsing_is_measured_here_and_by_a_worker() -> None:
    """Both read the same, or there is no figure."""
    feed, mail = measure_parsing(repeats=1)
    for one in (feed, mail):
        assert min(one.in_process, one.in_worker, one.passing) > 0
    assert (feed.what, mail.what) == ("a feed of 20 entries", "a reader's answer")


def _findings() -> Findings:
    run = Run(
        messages=1500,
        seconds=1,
        cpu_seconds=1.5,
        sink_cpu_seconds=0.1,
        peak_bytes=100_000_000,
        threads={"MainThread": CpuTime(program=0.6, kernel=0.15)},
    )
    result = Result(sender=our_sender("rsa", 2), runs=(run,))
    assert NEAR.slug == UNDELAYED
    return Findings(
        at=datetime(2026, 3, 2, 7, tzinfo=UTC),
        machine=this_machine(),
        loads=(0.1, 0.2),
        octets=95_000,
        rounds=1,
        seconds=1,
        raw_signs=3000,
        floor=Floor(signing={"": 0, "rsa": 500, "ed25519": 50}, hashing=100, writing=33.3),
        comparisons=[Comparison(condition=NEAR, results=[result])],
        costs=[Cost(step="a step", microseconds=12.3)],
        imports=[Import(rows=10, seconds=0.1, peak_bytes=100_000_000)],
        plans=[Plan(recipients=10, seconds=0.1, peak_bytes=100_000_000)],
        sends=[LongSend(recipients=10, seconds=0.1, peak_bytes=100_000_000)],
        renderings=render_issues([2], [1], repeats=1),
        gatherings=gather_feeds([1], [2], repeats=1),
        parsings=[
            Parsing(
                what="a feed", octets=64_000, in_process=0.03, in_worker=0.0315, passing=0.0015
            ),
            Parsing(what="a mail", octets=8_000, in_process=0.002, in_worker=0.006, passing=0.004),
        ],
        steps=[Step(what="draft from 100 articles", cpu_seconds=0.5, octets=1_000_000)],
        together=[NodeRates(nodes=2, rate=800, lowest=790, highest=810)],
        kept=LimitedRate(nodes=3, limit=120, rate=123),
        skipped=["nodemailer: node is not installed"],
    )


def _read_to(connection: socket.socket, mark: bytes) -> bytes:
    """What the sink says, up to the line that begins with `mark`."""
    said = b""
    while mark not in said or not said.endswith(b"\r\n"):
        received = connection.recv(4096)
        assert received, said
        said += received
    return said


def test_the_steps_of_a_week_are_measured_on_a_whole_site(tmp_path: Path) -> None:
    """Feeds that have not changed, and a draft after an issue."""
    size = SiteSize(feeds=2, entries=2, articles=200, issues=1)
    steps = measure_steps(tmp_path / "steps", size=size)
    assert [step.what for step in steps] == [
        "gather 2 unchanged feeds of 2 entries",
        "draft from 200 articles after 1 issues",
    ]
    assert all(step.cpu_seconds > 0 for step in steps)


def test_the_figures_of_a_run_are_read_back(tmp_path: Path) -> None:
    """What JSON beside the page says is what was measured."""
    findings = _findings()
    path = write_figures(findings, tmp_path)
    assert read_figures(path) == figures_of(findings)
    assert "2 sending nodes" in read_figures(path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"figures": {"a": 1}}', '{"figures": {"a": {}}}']
)
def test_a_file_without_figures_is_named(tmp_path: Path, text: str) -> None:
    """The error says which file to name instead."""
    (tmp_path / "old.json").write_text(text)
    with pytest.raises(InputError, match=r"old\.json"):
        read_figures(tmp_path / "old.json")


def _figure(lowest: float, value: float, highest: float, *, less_is_better: bool = True) -> Figure:
    return Figure(
        value=value, lowest=lowest, highest=highest, unit="s", less_is_better=less_is_better
    )


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (_figure(9, 10, 11), _figure(10, 11, 12), Change.WITHIN_NOISE),
        (_figure(9, 10, 11), _figure(12, 13, 14), Change.WORSE),
        (_figure(9, 10, 11), _figure(5, 6, 7), Change.BETTER),
        (_figure(10, 10, 10), _figure(10.4, 10.4, 10.4), Change.WITHIN_NOISE),
        (_figure(9, 10, 11), _figure(12, 13, 14, less_is_better=False), Change.BETTER),
        (None, _figure(1, 1, 1), Change.NEW),
        (_figure(1, 1, 1), None, Change.GONE),
    ],
)
def test_only_what_lies_outside_the_spread_has_changed(
    before: Figure | None, after: Figure | None, change: Change
) -> None:
    """A difference within the spread of either run, or of a twentieth, is noise."""
    (one,) = compare({"a": before} if before else {}, {"a": after} if after else {})
    assert one.change is change
    assert change.value in table([one])
