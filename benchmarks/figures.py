"""The figures of a run as JSON, and what changed between two runs.

A figure has its lowest and highest value where it was measured several times. Machines differ, and so
does one machine from hour to hour: only what lies outside the spread of both runs is called a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median

from benchmarks.findings import Comparison, Findings
from newsletter.errors import InputError

FILE = "benchmarks.json"

LEAST_NOISE = 0.05
"""The relative difference up to which a figure without a spread of its own counts as unchanged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured value; less is better where `less_is_better`."""

    value: float
    lowest: float
    highest: float
    unit: str
    less_is_better: bool = True


class Change(StrEnum):
    """What became of a figure."""

    BETTER = "better"
    WORSE = "worse"
    WITHIN_NOISE = "within noise"
    NEW = "new"
    GONE = "not measured now"


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A figure in the older and in the newer run."""

    name: str
    before: Figure | None
    after: Figure | None

    @property
    def ratio(self) -> float | None:
        """The newer value divided by the older one; None without both."""
        if self.before is None or self.after is None or not self.before.value:
            return None
        return self.after.value / self.before.value

    @property
    def change(self) -> Change:
        """Whether the newer value lies outside the spread of both runs, and to which side."""
        before, after = self.before, self.after
        if before is None:
            return Change.NEW
        if after is None:
            return Change.GONE
        margin = LEAST_NOISE * before.value
        if after.lowest > before.highest + margin:
            return Change.WORSE if after.less_is_better else Change.BETTER
        if after.highest < before.lowest - margin:
            return Change.BETTER if after.less_is_better else Change.WORSE
        return Change.WITHIN_NOISE


def figures_of(findings: Findings) -> dict[str, Figure]:
    """Every figure of the run by its name."""
    return dict(_figures(findings))


def write_figures(findings: Findings, docs: Path) -> Path:
    """Write the figures, with the machine and its load, into the folder of the page; returns the file."""
    path = docs / FILE
    machine = {
        "processor": findings.machine.processor,
        "cores": findings.machine.cores,
        "versions": dict(findings.machine.versions),
        "load_before": findings.loads[0],
        "load_after": findings.loads[1],
    }
    document = {
        "at": findings.at.isoformat(),
        "machine": machine,
        "figures": {name: asdict(figure) for name, figure in figures_of(findings).items()},
    }
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def read_figures(path: Path) -> dict[str, Figure]:
    """The figures of an earlier run. Raises InputError if the file does not hold any."""
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        return {str(name): Figure(**values) for name, values in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path.name} does not hold the figures of a run: {error}",
            field="COMPARE",
            fix=f"name a {FILE} that `make bench` wrote",
        ) from error


def compare(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> list[Compared]:
    """Every figure of either run, those that changed first."""
    found = [
        Compared(name=name, before=before.get(name), after=after.get(name))
        for name in sorted({*before, *after})
    ]
    return sorted(found, key=lambda one: list(Change).index(one.change))


def table(compared: Sequence[Compared]) -> str:
    """The comparison in lines of text, and how much of it is noise."""
    width = max((len(one.name) for one in compared), default=0)
    lines = [
        f"{one.name:<{width}}  {_value(one.before):>12}  {_value(one.after):>12}"
        f"  {'' if one.ratio is None else f'{one.ratio:.2f}x':>7}  {one.change.value}"
        for one in compared
    ]
    noise = [
        (one.before.highest - one.before.lowest) / one.before.value
        for one in compared
        if one.before is not None and one.before.value and one.before.highest > one.before.lowest
    ]
    if noise:
        lines.append(
            f"The spread of a figure in the older run is {median(noise):.0%} in the median."
        )
    return "\n".join(lines)


def _value(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:,.3g} {figure.unit}"


def _single(value: float, unit: str) -> Figure:
    return Figure(value=value, lowest=value, highest=value, unit=unit)


def _spread(values: Sequence[float], unit: str, *, less_is_better: bool = True) -> Figure:
    return Figure(
        value=median(values),
        lowest=min(values),
        highest=max(values),
        unit=unit,
        less_is_better=less_is_better,
    )


def _figures(findings: Findings) -> Iterator[tuple[str, Figure]]:
    for comparison in findings.comparisons:
        yield from _of_senders(comparison)
    for key in ("rsa", "ed25519", ""):
        name = f"unavoidable for a message, {key or 'no'} signature"
        yield name, _single(findings.floor.of(key), "µs")
    for cost in findings.costs:
        yield f"step: {cost.step}", _single(cost.microseconds, "µs")
    for plan in findings.plans:
        yield f"plan for {plan.recipients:,}", _single(plan.seconds, "s")
    for send in findings.sends:
        yield f"memory of a send to {send.recipients:,}", _single(send.peak_bytes / 1e6, "MB")
    for one in findings.imports:
        yield f"import of {one.rows:,} rows", _single(one.seconds, "s")
        yield f"memory of an import of {one.rows:,} rows", _single(one.peak_bytes / 1e6, "MB")
    for page in findings.renderings:
        name = f"{page.editions} editions of {page.articles} articles"
        yield f"rendering {name}", _single(page.seconds, "s")
    for feed in findings.gatherings:
        name = f"{feed.feeds} feeds of {feed.items} items"
        yield f"gathering {name}", _single(feed.seconds, "s")
        yield f"gathering {name} that are unchanged", _single(feed.unchanged_seconds, "s")
    for document in findings.parsings:
        yield f"parsing {document.what} in this process", _single(document.in_process, "s")
        yield f"parsing {document.what} in a worker process", _single(document.in_worker, "s")
        yield f"passing {document.what} to a worker and back", _single(document.passing, "s")
    for step in findings.steps:
        yield f"CPU of {step.what}", _single(step.cpu_seconds, "s")
    for nodes in findings.together:
        yield (
            f"{nodes.nodes} sending nodes",
            Figure(
                value=nodes.rate,
                lowest=nodes.lowest,
                highest=nodes.highest,
                unit="/s",
                less_is_better=False,
            ),
        )


def _of_senders(comparison: Comparison) -> Iterator[tuple[str, Figure]]:
    for result in comparison.results:
        name = f"{comparison.condition.slug}: {result.sender.slug}"
        rates = [run.rate for run in result.runs]
        yield f"{name}, messages a second", _spread(rates, "/s", less_is_better=False)
        costs = [run.cpu_seconds / run.messages * 1e6 for run in result.runs]
        yield f"{name}, CPU a message", _spread(costs, "µs")
