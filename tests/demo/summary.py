"""What the main job came to, as tables on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.demo.catcher import CaughtMail
from tests.demo.inbox import group_by_edition

CLIP_BYTES = 102_000
"""Gmail cuts a message's HTML off here."""


def print_sources(console: Console, gathered: Mapping[str, Any]) -> None:
    """How many articles each source gave."""
    table = _table("Gathered", ("source", "left"), ("articles", "right"), ("remarks", "left"))
    for source in gathered["newsletters"][0]["sources"]:
        remarks = "; ".join(finding["message"] for finding in source["findings"])
        table.add_row(source["source"], str(source["articles"]), remarks)
    console.print(table)


def print_issue(console: Console, issue: Mapping[str, Any]) -> None:
    """What was picked and why, and how much was left out and why."""
    table = _table(
        f"Picked for {issue['issue']}", ("section", "left"), ("article", "left"), ("why", "left")
    )
    section = ""
    for item in issue["items"]:
        table.add_row(
            "" if item["section"] == section else item["section"],
            item["title"],
            why(item["reason"]),
        )
        section = item["section"]
    console.print(table)
    reasons = Counter(article["reason"] for article in issue["left_out"])
    for reason, count in reasons.most_common():
        console.print(f"  left out: {count} × {reason}", highlight=False, style="dim")
    console.print()


def why(reason: str) -> str:
    """The part of a reason that differs between articles."""
    return reason.rpartition("; ")[2]


def print_delivery(
    console: Console, status: Mapping[str, Any], mails: Sequence[CaughtMail], seconds: float
) -> None:
    """Readers, editions, states, speed and sizes."""
    table = _table("Sent", ("what", "left"), ("how much", "right"))
    html = [len(mail.part("html").encode()) for mail in mails]
    whole = [len(mail.content) for mail in mails]
    table.add_row("readers", str(status["audience"]))
    for state, count in status["deliveries"].items():
        if count:
            table.add_row(state, str(count))
    table.add_row("editions", str(len(group_by_edition(mails))))
    table.add_row("seconds to send", f"{seconds:.1f}")
    table.add_row("largest message", f"{max(whole, default=0) / 1000:.1f} kB")
    table.add_row(
        "largest HTML, of the 102 kB where Gmail clips",
        f"{max(html, default=0) / 1000:.1f} kB ({max(html, default=0) / CLIP_BYTES:.0%})",
    )
    console.print(table)


def _table(title: str, *columns: tuple[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name, side in columns:
        table.add_column(name, justify=side)
    return table
