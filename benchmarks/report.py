"""Writes docs/benchmarks.md and its plots from the findings of one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.efficiency import efficiency
from benchmarks.findings import UNDELAYED, Comparison, Findings, goals
from benchmarks.nodes import CONNECTIONS, DELAY_MS
from benchmarks.plots import Bar, bar_chart, figure
from benchmarks.runs import Result

PAGE = "benchmarks.md"
PLOTS = Path("images") / "benchmarks"

_METHOD = """\
`make bench` writes this page, so it should not be edited. `make bench QUICK=1` takes about two
minutes and measures the same with less precision.

Every sender sends the same newsletter, about {octets:,} octets on the wire, with one message per
recipient, to the same sink: `benchmarks/sink.c`, a single-threaded epoll server that counts messages
and distinct recipients and discards everything else. The senders take turns for {rounds} of about
{seconds:g} s each (three times as long with a delay), and each round begins with a different
sender; the figures are medians. Time is measured by the sink's clock from the first MAIL to the
last final dot, without the start of processes. In each run every message must arrive once, and a
sample of the messages must parse without defects and carry a DKIM signature that dkimpy verifies;
otherwise the benchmark fails. Sender and sink run on the same machine, so ratios are more meaningful
than rates.

*newsletter* is the complete `newsletter send`: each intent is on the disk before the final dot
(rule 3) and each receipt as soon as the reply is read, in the sender's journal (O_DSYNC), which is
posted to the ledger on SQLite (WAL, synchronous FULL); it includes links with signed tokens,
personal values and DKIM. *Ready bytes* means that a peer composes nothing and sends everyone the
same message. p is the number of processes.
"""


def write_report(findings: Findings, docs: Path) -> Path:
    """Write the page and its plots below `docs`; returns the page."""
    plots = docs / PLOTS
    plots.mkdir(parents=True, exist_ok=True)
    for name, drawing in _drawings(findings):
        (plots / f"{name}.svg").write_text(drawing, encoding="utf-8")
    page = docs / PAGE
    page.write_text("\n".join(_page(findings)), encoding="utf-8")
    return page


def _page(findings: Findings) -> Iterable[str]:
    yield "# Benchmarks\n"
    yield _METHOD.format(
        octets=findings.octets,
        rounds="one round" if findings.rounds == 1 else f"{findings.rounds} rounds",
        seconds=findings.seconds,
    )
    yield from _machine(findings)
    yield "## Goals\n"
    yield "Ratios compare medians of the same rounds.\n"
    yield _table(
        ["", "goal", "measured", ""],
        [
            [
                goal.what,
                f"{'≤' if goal.at_most else '≥'} {goal.goal:g}{goal.unit}",
                "" if goal.figure is None else f"{figure(goal.figure)}{goal.unit}",
                goal.verdict,
            ]
            for goal in goals(findings)
        ],
    )
    yield "## Sending\n"
    yield f"All cores together make {findings.raw_signs:,.0f} raw RSA-2048 signatures a second.\n"
    for comparison in findings.comparisons:
        yield from _comparison(comparison)
    yield from _costs(findings)
    yield from _efficiency(findings)
    yield from _long_lists(findings)
    yield from _nodes(findings)
    yield from _rendering_and_gathering(findings)
    if findings.skipped:
        yield "## Not measured\n"
        yield "\n".join(f"- {reason}" for reason in findings.skipped) + "\n"


def _machine(findings: Findings) -> Iterable[str]:
    machine = findings.machine
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    before, after = findings.loads
    yield "## The machine\n"
    yield (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB, "
        f"{machine.system}. {versions}. {findings.at:%d %B %Y}. The load average was "
        f"{before:.1f} before and {after:.1f} after"
        + ("; other programs were running, so rates are too low.\n" if before > 0.5 else ".\n")
    )


def _comparison(comparison: Comparison) -> Iterable[str]:
    condition = comparison.condition
    yield f"### {condition.title}\n"
    yield f"{condition.connections} connections in total.\n"
    yield _picture(condition.slug, condition.title)
    yield _table(
        ["sender", "p", "messages/s", "lowest – highest", "CPU µs/message"],
        [
            [
                result.sender.title,
                str(result.sender.processes),
                f"{result.rate:,.0f}",
                _spread(result),
                f"{result.cpu_per_message:,.0f}",
            ]
            for result in _fastest_first(comparison)
        ],
    )


def _costs(findings: Findings) -> Iterable[str]:
    yield "## Cost of each step\n"
    yield (
        "Each step of our send path is measured by itself, in one thread, per message. What a run "
        "uses beyond their sum is the event loop, contention for Python's interpreter lock, and "
        "cache misses.\n"
    )
    yield _picture("costs", "Microseconds by step")
    yield _table(
        ["step", "µs/message"],
        [[cost.step, figure(cost.microseconds)] for cost in findings.costs],
    )
    near = [c for c in findings.comparisons if c.condition.slug == UNDELAYED]
    yield (
        "The total CPU time per message in the runs above, in µs, by thread. The event loop composes "
        "and writes messages and reads replies; messages signed with RSA are also composed in advance "
        "by a thread (preparer); one thread writes intents and receipts into the journal; one thread "
        "claims, and posts to the ledger. They share one interpreter, so the time per message of a "
        "process is at least their sum without signing, hashing and the kernel, which can run in "
        "parallel. The remaining time is the start and the end of a run.\n"
    )
    yield _table(
        ["sender", "p", "total", "event loop", "its kernel", "preparer", "journal", "ledger"],
        [_by_thread(one) for c in near for one in c.results if _is_ours(one)],
    )


def _efficiency(findings: Findings) -> Iterable[str]:
    floor = findings.floor
    yield "## Efficiency\n"
    yield (
        f"No sender can do without the signature of a message (RSA-2048 {figure(floor.signing['rsa'])} µs, "
        f"Ed25519 {figure(floor.signing['ed25519'])} µs), one SHA-256 of its octets where it is signed "
        f"({figure(floor.hashing)} µs), the kernel's work to write it ({figure(floor.writing)} µs), and "
        "what the sink uses. Efficiency is the sum of these, divided by the CPU time that the sender "
        "and the sink used.\n"
    )
    yield _table(
        ["", "sender", "p", "unavoidable µs", "sender µs", "sink µs", "efficiency"],
        [
            [
                comparison.condition.title,
                one.sender.title,
                str(one.sender.processes),
                f"{floor.of(one.sender.key) + one.sink_cpu_per_message:,.0f}",
                f"{one.cpu_per_message:,.0f}",
                f"{one.sink_cpu_per_message:,.0f}",
                f"{efficiency(floor, one):.2f}",
            ]
            for comparison in findings.comparisons
            if not comparison.condition.into_smtp_sink and not comparison.condition.encrypted
            for one in _fastest_first(comparison)
            if _is_ours(one)
        ],
    )


def _by_thread(result: Result) -> list[str]:
    loop, preparer, journal, ledger = (
        result.of_threads(kind) for kind in ("MainThread", "preparer", "intents", "ledger")
    )
    return [
        result.sender.title,
        str(result.sender.processes),
        f"{result.cpu_per_message:,.0f}",
        f"{loop.program:,.0f}",
        f"{loop.kernel:,.0f}",
        f"{preparer.program + preparer.kernel:,.0f}",
        f"{journal.program + journal.kernel:,.0f}",
        f"{ledger.program + ledger.kernel:,.0f}",
    ]


def _long_lists(findings: Findings) -> Iterable[str]:
    yield "## Long lists\n"
    yield "Memory is a process's peak, including the interpreter and all libraries.\n"
    yield _picture("planning", "Seconds to plan an issue")
    yield _table(
        ["recipients", "planned in s", "peak MB"],
        [
            [f"{plan.recipients:,}", figure(plan.seconds), f"{plan.peak_bytes / 1e6:.0f}"]
            for plan in findings.plans
        ],
    )
    yield "Sent by two processes without DKIM; the memory is that of the larger process.\n"
    yield _table(
        ["recipients", "sent in s", "peak MB"],
        [
            [f"{send.recipients:,}", figure(send.seconds), f"{send.peak_bytes / 1e6:.0f}"]
            for send in findings.sends
        ],
    )
    yield (
        "A CSV file of subscribers (name, tags, one attribute; every thousandth row is invalid and "
        "reported) imported into an empty list on SQLite, with 2,000 rows per transaction:\n"
    )
    yield _table(
        ["rows", "imported in s", "rows/s", "peak MB"],
        [
            [
                f"{one.rows:,}",
                figure(one.seconds),
                f"{one.rows / one.seconds:,.0f}",
                f"{one.peak_bytes / 1e6:.0f}",
            ]
            for one in findings.imports
        ],
    )


def _nodes(findings: Findings) -> Iterable[str]:
    yield "## Sending nodes\n"
    yield (
        f"Each node is one process of `newsletter worker`, on one PostgreSQL with durable commits; "
        f"the sink has a delay of {DELAY_MS} ms, each node has {CONNECTIONS} connections, and there "
        f"is no DKIM. Nodes, database and sink share this machine's {findings.machine.cores} cores.\n"
    )
    yield _table(
        ["nodes", "messages/s", "lowest – highest"],
        [
            [
                str(one.nodes),
                f"{one.rate:,.0f}",
                f"{one.lowest:,.0f} – {one.highest:,.0f}",
            ]
            for one in findings.together
        ],
    )
    if findings.kept is not None:
        yield (
            f"{findings.kept.nodes} nodes with a relay limited to {findings.kept.limit:g}/s send "
            f"{findings.kept.rate:.1f}/s in total after the first second.\n"
        )


def _rendering_and_gathering(findings: Findings) -> Iterable[str]:
    yield "## Rendering\n"
    yield _picture("rendering", "Milliseconds to render an issue")
    yield _table(
        ["articles", "editions", "ms", "ms/edition", "HTML kB"],
        [
            [
                str(one.articles),
                str(one.editions),
                figure(one.seconds * 1e3),
                figure(one.seconds * 1e3 / one.editions),
                f"{one.octets / 1e3:.0f}",
            ]
            for one in findings.renderings
        ],
    )
    yield "## Gathering\n"
    yield "The feeds come from a Python web server on loopback in the same process.\n"
    yield _picture("gathering", "Milliseconds to gather")
    yield _table(
        ["feeds", "items each", "kB each", "first ms", "unchanged ms"],
        [
            [
                str(one.feeds),
                str(one.items),
                f"{one.octets / 1e3:.0f}",
                figure(one.seconds * 1e3),
                figure(one.unchanged_seconds * 1e3),
            ]
            for one in findings.gatherings
        ],
    )
    yield from _parsing(findings)
    yield "On a whole site, with its database; the web server is in a process of its own.\n"
    yield _table(
        ["step", "CPU s", "memory +MB"],
        [[one.what, figure(one.cpu_seconds), f"{one.octets / 1e6:.0f}"] for one in findings.steps],
    )


def _parsing(findings: Findings) -> Iterable[str]:
    yield (
        "What strangers write is parsed in worker processes. The same documents, parsed in turn in "
        "this process and by a worker that is warm, and passed there and back without parsing, which is "
        "what a worker adds; each figure is the lowest of its turns.\n"
    )
    yield _table(
        ["document", "kB", "in this process, ms", "by a worker, ms", "there and back, ms"],
        [
            [
                one.what,
                f"{one.octets / 1e3:.0f}",
                figure(one.in_process * 1e3),
                figure(one.in_worker * 1e3),
                figure(one.passing * 1e3),
            ]
            for one in findings.parsings
        ],
    )


def _drawings(findings: Findings) -> Iterable[tuple[str, str]]:
    for comparison in findings.comparisons:
        bars = [
            Bar(
                label=f"{result.sender.title}, {result.sender.processes} p",
                value=result.rate,
                is_ours=_is_ours(result),
            )
            for result in _fastest_first(comparison)
        ]
        condition = comparison.condition
        yield condition.slug, bar_chart(f"Messages a second: {condition.title}", bars, "/s")
    for name, title, unit, values in (
        ("costs", "Microseconds by step", "µs", [(c.step, c.microseconds) for c in findings.costs]),
        (
            "planning",
            "Seconds to plan an issue",
            "s",
            [(f"{plan.recipients:,} recipients", plan.seconds) for plan in findings.plans],
        ),
        (
            "rendering",
            "Milliseconds to render an issue",
            "ms",
            [
                (f"{one.articles} articles, {one.editions} editions", one.seconds * 1e3)
                for one in findings.renderings
            ],
        ),
        (
            "gathering",
            "Milliseconds to gather",
            "ms",
            [
                (f"{one.feeds} feeds of {one.items} items", one.seconds * 1e3)
                for one in findings.gatherings
            ],
        ),
    ):
        bars = [Bar(label=label, value=value, is_ours=True) for label, value in values]
        yield name, bar_chart(title, bars, unit)


def _fastest_first(comparison: Comparison) -> list[Result]:
    return sorted(comparison.results, key=lambda result: -result.rate)


def _is_ours(result: Result) -> bool:
    return result.sender.slug.startswith("newsletter")


def _spread(result: Result) -> str:
    rates = [run.rate for run in result.runs]
    return f"{min(rates):,.0f} – {max(rates):,.0f}"


def _picture(name: str, title: str) -> str:
    return f"![{title}]({PLOTS.as_posix()}/{name}.svg)\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
