"""The findings of one run of the benchmarks, and the goals they are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks.costs import Cost
from benchmarks.efficiency import Floor, efficiency, messages_per_round_trip
from benchmarks.gathering import Gathering
from benchmarks.importing import Import
from benchmarks.machine import Machine
from benchmarks.nodes import LimitedRate, NodeRates
from benchmarks.parsing import Parsing
from benchmarks.pipeline import Step
from benchmarks.planning import LongSend, Plan
from benchmarks.rendering import Rendering
from benchmarks.runs import Condition, Result

UNDELAYED = "c-sink"
OURS = "newsletter-rsa-2"
EFFICIENCIES = (
    (OURS, 0.75, "RSA-2048"),
    ("newsletter-ed25519-2", 0.6, "Ed25519"),
    ("newsletter-plain-2", 0.5, "no DKIM"),
)
"""The efficiency that our sender is to reach with each key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The results of the senders under one condition."""

    condition: Condition
    results: Sequence[Result]


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """All results; `loads` are the load averages before and after, `skipped` are reasons."""

    at: datetime
    machine: Machine
    loads: tuple[float, float]
    octets: int
    rounds: int
    seconds: float
    raw_signs: float
    floor: Floor
    comparisons: Sequence[Comparison]
    costs: Sequence[Cost]
    plans: Sequence[Plan]
    sends: Sequence[LongSend]
    imports: Sequence[Import]
    renderings: Sequence[Rendering]
    gatherings: Sequence[Gathering]
    parsings: Sequence[Parsing]
    steps: Sequence[Step]
    together: Sequence[NodeRates]
    kept: LimitedRate | None
    skipped: Sequence[str] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A goal and the measured figure, None if not measured; `at_most` where less is better."""

    what: str
    goal: float
    figure: float | None
    unit: str = "×"
    at_most: bool = False

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.figure is None:
            return "not measured"
        is_met = self.figure <= self.goal if self.at_most else self.figure >= self.goal
        return "met" if is_met else "missed"


def goals(findings: Findings) -> list[Goal]:
    """The project's goals with the figures of this run."""
    rates = {
        comparison.condition.slug: {
            result.sender.slug: result.rate for result in comparison.results
        }
        for comparison in findings.comparisons
    }
    near = rates.get(UNDELAYED, {})
    ours = near.get(OURS)
    raw = ours / findings.raw_signs if ours else None
    return [
        _ratio(near, OURS, "nodemailer-dkim-2", 8, "RSA-2048, 2 p, to nodemailer with DKIM, 2 p"),
        _ratio(near, OURS, "nodemailer-dkim-1", 13, "RSA-2048, 2 p, to nodemailer with DKIM, 1 p"),
        _ratio(near, OURS, "python-composing-2", 30, "RSA-2048, 2 p, to the usual Python way, 2 p"),
        Goal(what="RSA-2048, 2 p, to this machine's RSA signs", goal=0.5, figure=raw),
        _ratio(near, "newsletter-plain-2", "smtp-source", 0.75, "no DKIM, 2 p, to smtp-source"),
        _ratio(near, "newsletter-ed25519-2", "smtp-source", 0.35, "Ed25519, 2 p, to smtp-source"),
        *_efficiency_goals(findings),
        *_delayed_goals(rates),
        *_memory_goals(findings),
        *_rate_goals(findings.kept),
        *_parsing_goals(findings.parsings),
    ]


def _efficiency_goals(findings: Findings) -> list[Goal]:
    found = []
    for comparison in findings.comparisons:
        results = {result.sender.slug: result for result in comparison.results}
        condition = comparison.condition
        if condition.slug == UNDELAYED:
            for slug, goal, what in EFFICIENCIES:
                one = results.get(slug)
                reached = efficiency(findings.floor, one) if one else None
                found.append(
                    Goal(what=f"efficiency: {what}, 2 p", goal=goal, figure=reached, unit="")
                )
        elif condition.delay_ms:
            one = results.get("newsletter-plain-2")
            reached = messages_per_round_trip(one, condition) if one else None
            what = f"messages for each connection and round trip of {condition.delay_ms} ms"
            found.append(Goal(what=what, goal=0.95, figure=reached, unit=""))
    return found


def _delayed_goals(rates: Mapping[str, Mapping[str, float]]) -> list[Goal]:
    found = []
    for delay in (20, 50):
        far = rates.get(f"delay-{delay}", {})
        found += [
            _ratio(far, OURS, "smtp-source", 3.8, f"RSA-2048, {delay} ms away, to smtp-source"),
            _ratio(
                far, OURS, "nodemailer-raw-1", 2.1,
                f"RSA-2048, {delay} ms away, to nodemailer with ready bytes",
            ),
        ]  # fmt: skip
    return found


def _parsing_goals(parsings: Sequence[Parsing]) -> list[Goal]:
    return [
        Goal(
            what=f"what a worker process adds to parsing {one.what}",
            goal=3,
            figure=one.passing * 1e3,
            unit=" ms",
            at_most=True,
        )
        for one in parsings
    ]


def _rate_goals(kept: LimitedRate | None) -> list[Goal]:
    return [
        Goal(
            what="difference of three nodes' total rate from a relay's limit",
            goal=5,
            figure=abs(kept.rate / kept.limit - 1) * 100 if kept else None,
            unit=" %",
            at_most=True,
        )
    ]


def _memory_goals(findings: Findings) -> list[Goal]:
    plan = {plan.recipients: plan.seconds for plan in findings.plans}.get(1_000_000)
    peaks = {send.recipients: send.peak_bytes for send in findings.sends}
    million, fewer = peaks.get(1_000_000), peaks.get(100_000)
    return [
        Goal(
            what="1,000,000 recipients planned", goal=10, figure=plan, unit=" s", at_most=True
        ),
        Goal(
            what="peak memory of a sender of 1,000,000",
            goal=200,
            figure=million / 1e6 if million else None,
            unit=" MB",
            at_most=True,
        ),
        Goal(
            what="the same, relative to a sender of 100,000",
            goal=1.1,
            figure=million / fewer if million and fewer else None,
            at_most=True,
        ),
    ]  # fmt: skip


def _ratio(rates: Mapping[str, float], ours: str, peer: str, goal: float, what: str) -> Goal:
    known = ours in rates and peer in rates
    return Goal(what=what, goal=goal, figure=rates[ours] / rates[peer] if known else None)
