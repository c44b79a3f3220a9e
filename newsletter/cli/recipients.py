"""The recipients of an issue by delivery state, as lines, CSV or JSON."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from typing import Any

import click

from newsletter.cli.invocation import Invocation
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.pipeline.delivery_list import recipients_of
from newsletter.store.recipient_receipts import Recipient

COLUMNS = ("address", "state", "at", "relay", "code", "enhanced", "text")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that begins with one of these as a formula."""


def list_recipients(
    invocation: Invocation, issue: Issue, state: DeliveryState, *, as_csv: bool
) -> None:
    """Write the issue's recipients whose delivery is in `state` to stdout."""
    found = (_document(one) for one in recipients_of(invocation.site, issue, state))
    if as_csv:
        table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows({name: _without_formula(one[name]) for name in COLUMNS} for one in found)
    elif invocation.as_json:
        invocation.answer({"issue": issue.name, "who": state, "recipients": list(found)})
    else:
        for one in found:
            line = f"{one['address'] or 'erased'}  {one['code'] or ''} {one['text']}"
            click.echo(line.rstrip())


def _document(one: Recipient) -> dict[str, Any]:
    return {**asdict(one), "at": one.at.isoformat() if one.at else None}


def _without_formula(cell: object) -> object:
    """Quote a cell that a spreadsheet would run: servers' answers and readers' names are untrusted."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
