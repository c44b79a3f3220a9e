"""Who got an issue and who did not, as lines, CSV or JSON."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from typing import Any

import click

from newsletter.cli.invocation import Invocation
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.pipeline.recipients import recipients_of
from newsletter.store.recipients import Recipient

COLUMNS = ("address", "state", "at", "relay", "code", "enhanced", "text")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet runs."""


def list_recipients(
    invocation: Invocation, issue: Issue, state: DeliveryState, *, as_csv: bool
) -> None:
    """Write the issue's recipients whose delivery stands so to stdout."""
    found = (_document(one) for one in recipients_of(invocation.site, issue, state))
    if as_csv:
        table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows({name: _defused(one[name]) for name in COLUMNS} for one in found)
    elif invocation.as_json:
        invocation.answer({"issue": issue.name, "who": state, "recipients": list(found)})
    else:
        for one in found:
            said = f"{one['address'] or 'erased'}  {one['code'] or ''} {one['text']}"
            click.echo(said.rstrip())


def _document(one: Recipient) -> dict[str, Any]:
    return {**asdict(one), "at": one.at.isoformat() if one.at else None}


def _defused(cell: object) -> object:
    """The cell, so that a spreadsheet runs nothing that a server answered or a reader is called."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
