"""Writes docs/plans.md from the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.machine import this_machine
from benchmarks.plans.explain import Explained
from benchmarks.plans.watching import Findings, Measured

PAGE = "plans.md"

_METHOD = """\
`make plans` writes this page, so it should not be edited. It fills a PostgreSQL database with
{readers:,} subscribers and {deliveries:,} deliveries of {issues} issues, the last of which is being
sent, runs the product's own functions, and explains every statement that they execute (`EXPLAIN
(ANALYZE, BUFFERS)`) with its real values. It fails when the plan of a hot statement has a sequential
scan of a large table or reads more than {few:,} of its rows, and when `status` or `/metrics` take
longer than 100 ms. The test suite does the same with 20,000 subscribers.

A table is large if it has {least:,} rows or more: {large}.

Only statements about large tables, or about their stored counts, are listed. Rows are those that
were examined, including those filtered out. Of a repeated statement, the slowest of its first three
executions is reported. Filling took {filled:.0f} s.
"""

_WHOLE = """\
These run once per issue, or when a person asks for everything. They read what is asked for: only
that issue's key range of the ledger, but all readers, because nearly all are in the result. Their
time grows with it.
"""


def write_page(findings: Findings, docs: Path) -> Path:
    """Write the page below `docs`; returns it."""
    page = docs / PAGE
    page.write_text("\n".join(_page(findings)) + "\n", encoding="utf-8")
    return page


def _page(findings: Findings) -> Iterator[str]:
    machine = this_machine()
    yield "# Plans of the hot queries\n"
    yield _METHOD.format(
        readers=findings.size.readers,
        deliveries=findings.size.issues * findings.size.readers,
        issues=findings.size.issues,
        few=findings.few,
        least=findings.least,
        large=", ".join(f"`{name}`" for name in sorted(findings.large)),
        filled=findings.filled_in,
    )
    yield f"{machine.processor}, {machine.cores} cores, PostgreSQL {findings.version}.\n"
    yield "## Sizes of the large tables\n"
    yield "| table | rows | size with indexes | octets per row |\n|---|---|---|---|"
    for table in findings.sizes:
        yield (
            f"| {table.name} | {table.rows:,} | {table.octets / 1e6:,.0f} MB "
            f"| {table.octets / table.rows:.0f} |"
        )
    yield "\n## Total times\n"
    yield "| | goal | measured |\n|---|---|---|"
    for measured in findings.hot:
        if measured.operation.within is not None:
            yield f"| {measured.operation.name} | < {measured.operation.within:.0f} ms | {measured.milliseconds:.1f} ms |"
    yield "\n## Per message, request or minute\n"
    yield from _sections(findings.hot, findings.large)
    yield "## Per issue or list\n"
    yield _WHOLE
    yield from _sections(findings.whole, findings.large)


def _sections(measurements: Sequence[Measured], large: frozenset[str]) -> Iterator[str]:
    for measured in measurements:
        yield f"### {measured.operation.name[0].upper()}{measured.operation.name[1:]}\n"
        yield "| ms | statement | reads |\n|---|---|---|"
        for explained in sorted(measured.statements, key=lambda one: -one.milliseconds):
            if not _is_about(explained, large):
                continue
            yield (
                f"| {explained.milliseconds:.2f} | `{_short(explained.statement)}` "
                f"| {_readings(explained)} |"
            )
        yield ""


def _is_about(explained: Explained, large: frozenset[str]) -> bool:
    """Whether the statement is about a large table or stored counts."""
    return any(name in explained.statement for name in (*large, "_counts"))


def _short(statement: str, most: int = 150) -> str:
    text = statement.replace("|", "\\|")
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _readings(explained: Explained) -> str:
    if not explained.readings:
        return "writes only"
    return "; ".join(
        f"{read.table}: {read.rows:,} by {read.index or read.how.lower()}"
        for read in explained.readings
    )
