"""docs/reliability.md, from what the fault tests saw."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.honesty import Comparison
from tests.faults.kills import CONNECTIONS, Kill
from tests.faults.siege import Outcome
from tests.faults.spoiling import READERS, Trial

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

kills: dict[str, list[Kill]] = {}
"""By kind of database."""

trials: dict[str, list[Trial]] = {}
"""By kind of database and way of talking."""

nodes: dict[str, list[Comparison]] = {}
"""What three sending nodes came to, by what happened to them."""

due_times: dict[str, int] = {}
"""At how many of them two `serve` and two crons sent each issue once, by kind of database."""

incidents: list[tuple[str, str, str]] = []
"""What happened to the machine, on which database, and what came of it."""

sieges: list[Outcome] = []
"""Two minutes of everything at once."""

_OPENING = """# Reliability

What became of the mail when things went wrong, as `make faults` saw it ({when}, {machine}).
Every run sends through a real SMTP server on loopback into a real database; afterwards each
reader's delivery in the ledger is set beside the copies that the server received.

- *lost*: booked as accepted, but no copy came. *repeated*: copies beyond a reader's first.
- *unknown*: a message whose final dot was written and whose reply never came. SMTP leaves open
  what became of it; the ledger says so, holds it, and an operator decides (`newsletter unknown`).
- *conserved*: accepted, rejected, suppressed, unknown and expired add up to the audience.
"""


def write_page() -> None:
    """Write the page; the same figures that the tests held to their limits.

    Where only some of the tests ran, the page of the last whole run stands.
    """
    if not (kills and trials and incidents and nodes and sieges):
        return
    parts = [
        _OPENING.format(when=f"{datetime.now(UTC):%Y-%m-%d}", machine=_machine()),
        _kills_table(),
        _nodes_table(),
        _incidents_table(),
        _trials_table(),
        _siege_table(),
        _bound(),
    ]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _machine() -> str:
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )


def _kills_table() -> str:
    rows = []
    for kind, seen in kills.items():
        ends = [kill.end for kill in seen]
        rows.append(
            (
                kind,
                len(seen),
                ends[0].readers,
                sum(end.lost for end in ends),
                sum(end.repeated + end.unbooked for end in ends),
                f"{min(k.unknown for k in seen)}–{max(k.unknown for k in seen)}, "
                f"{sum(k.unknown for k in seen) / len(seen):.1f} on average",
                sum(end.is_honest for end in ends),
            )
        )
    head = ("database", "runs", "readers each", "lost", "repeated", "unknown per kill", "conserved")
    return (
        f"## kill -9\n\nA sender with {CONNECTIONS} connections is killed at a random moment, each other "
        "time while it sends to a far relay what a thread makes; another then sends the rest. No "
        f"kill may leave more unknown than {CONNECTIONS}.\n\n" + _table(head, rows)
    )


def _nodes_table() -> str:
    rows = [
        (
            what,
            len(seen),
            seen[0].readers,
            sum(end.lost for end in seen),
            sum(end.repeated + end.unbooked for end in seen),
            f"{min(end.unknown for end in seen)}–{max(end.unknown for end in seen)}",
            sum(end.is_honest for end in seen),
        )
        for what, seen in nodes.items()
    ]
    head = ("what happened", "runs", "readers each", "lost", "repeated", "unknown", "conserved")
    return (
        "## Sending nodes\n\nThree `newsletter worker` and a `serve` on one PostgreSQL send an "
        "issue; at a random moment one of them is killed, or the database crashes. The others "
        "finish.\n\n"
        + _table(head, rows)
        + "".join(
            f"\nTwo `serve` and two crons on one {kind} database, {count} due times: each issue "
            "went out once.\n"
            for kind, count in due_times.items()
        )
    )


def _incidents_table() -> str:
    return "## The machine and the site\n\n" + _table(
        ("what happened", "database", "what came of it"), incidents
    )


def _trials_table() -> str:
    counts: dict[tuple[str, str], Counter[str]] = {}
    ends: dict[tuple[str, str], str] = {}
    for seen in trials.values():
        for trial in seen:
            key = (str(trial.fault.stage), trial.fault.name)
            ends[key] = str(trial.fault.end)
            counts.setdefault(key, Counter()).update(
                runs=1, honest=trial.is_as_it_must_be, unknown=trial.end.unknown
            )
    rows = [
        (stage, name, ends[stage, name], f"{count['honest']} of {count['runs']}")
        for (stage, name), count in counts.items()
    ]
    total = [trial for seen in trials.values() for trial in seen]
    slowest = max(trial.seconds for trial in total)
    return (
        f"## The relay\n\n{len(total)} trials ({', '.join(trials)}), {READERS} readers each: a step "
        "of the talk goes wrong several times, then well. Lost "
        f"{sum(t.end.lost for t in total)}, repeated {sum(t.end.repeated for t in total)}, "
        f"messages in clear under `starttls` {sum(t.in_clear for t in total)}; the slowest took "
        f"{slowest:.1f} s.\n\n" + _table(("step", "the relay", "what must follow", "held"), rows)
    )


def _siege_table() -> str:
    rows = [siege_line(end) for end in sieges]
    return (
        "## Everything at once\n\n`serve` sends an issue while strangers hold connections open, guess "
        "passwords, write mail and feeds that once took gigabytes, and send what is not HTTP; "
        "readers leave by one click meanwhile. Nobody was lost or written to twice, and everybody who left "
        "has left.\n\n" + "".join(f"- {row}\n" for row in rows)
    )


def siege_line(end: Outcome) -> str:
    """What one siege came to, in one line."""
    attacks = ", ".join(f"{count:,} {what}" for what, count in sorted(end.attacks.items()))
    return (
        f"{end.siege.seconds:.0f} s, {end.siege.readers:,} readers, {end.siege.leaving} leave, at most "
        f"{end.siege.idle:,} idle connections at once ({attacks}): accepted {end.states['accepted']:,}, "
        f"a click took {end.click_at(0.5):.0f} ms (half), {end.click_at(0.99):.0f} ms (99 of 100), "
        f"{end.clicks[-1]:.0f} ms (all); {end.peak / 1e6:.0f} MB of memory"
    )


def _bound() -> str:
    return (
        "## The bound\n\nExactly once cannot be promised over SMTP: between the final dot and its "
        "reply nobody knows. So at most one message per open connection is unknown after a crash, "
        "and never silently lost or repeated. A resend bears the same Message-ID.\n"
    )


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)
