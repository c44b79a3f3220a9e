"""Writes docs/plans.md from what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.machine import this_machine
from benchmarks.plans.explain import Explained
from benchmarks.plans.watching import Findings, Watched

PAGE = "plans.md"

_METHOD = """\
`make plans` wrote this page: it is not edited. It fills a PostgreSQL with {readers:,} subscribers and
{deliveries:,} deliveries of {issues} issues, the last of which is being sent, lets the product's own
functions do what they do, and explains every statement that they execute (`EXPLAIN (ANALYZE,
BUFFERS)`) in the state and with the values it meets. It fails when a hot statement has a sequential
scan of a large table in its plan, or reads more than {few:,}
of its rows, and when `status` or `/metrics` take 100 ms. The suite does the same with 20,000
subscribers.

Large are the tables of {least:,} rows and more: {large}.

Only statements about large tables, or about the counts kept of them, are listed. Rows are those that
were looked at, not only those found. Of what is executed again and again the slowest of the first
three is told. Filling took {filled:.0f} s.
"""

_WHOLE = """\
Once an issue, or when a person asks for all of it. These read what they are asked for: of the books
only that issue's key range, of the readers everybody, for nearly everybody is the answer. Their time
grows with it.
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
    yield "## How large they are\n"
    yield "| table | rows | with its indexes | octets a row |\n|---|---|---|---|"
    for table in findings.sizes:
        yield (
            f"| {table.name} | {table.rows:,} | {table.octets / 1e6:,.0f} MB "
            f"| {table.octets / table.rows:.0f} |"
        )
    yield "\n## As wholes\n"
    yield "| | promised | here |\n|---|---|---|"
    for seen in findings.hot:
        if seen.doing.within is not None:
            yield f"| {seen.doing.name} | < {seen.doing.within:.0f} ms | {seen.milliseconds:.1f} ms |"
    yield "\n## For each message, request or minute\n"
    yield from _sections(findings.hot, findings.large)
    yield "## For all of an issue or a list\n"
    yield _WHOLE
    yield from _sections(findings.whole, findings.large)


def _sections(watched: Sequence[Watched], large: frozenset[str]) -> Iterator[str]:
    for seen in watched:
        yield f"### {seen.doing.name[0].upper()}{seen.doing.name[1:]}\n"
        yield "| ms | statement | reads |\n|---|---|---|"
        for explained in sorted(seen.statements, key=lambda one: -one.milliseconds):
            if not _is_about(explained, large):
                continue
            yield (
                f"| {explained.milliseconds:.2f} | `{_short(explained.statement)}` "
                f"| {_readings(explained)} |"
            )
        yield ""


def _is_about(explained: Explained, large: frozenset[str]) -> bool:
    """Whether a large table is in it, or the counts that are kept in place of counting one."""
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
