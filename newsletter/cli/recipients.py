"""The recipients of an issue by delivery state, as lines, CSV or JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from newsletter.cli.csv_output import write_csv
from newsletter.cli.invocation import Invocation
from newsletter.cli.printing import say
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.pipeline.delivery_list import recipients_of
from newsletter.store.recipient_receipts import Recipient

COLUMNS = ("address", "state", "at", "relay", "code", "enhanced", "text")


def list_recipients(
    invocation: Invocation, issue: Issue, state: DeliveryState, *, as_csv: bool
) -> None:
    """Write the issue's recipients whose delivery is in `state` to stdout."""
    found = (_document(one) for one in recipients_of(invocation.site, issue, state))
    if as_csv:
        write_csv(COLUMNS, found)
    elif invocation.as_json:
        invocation.answer({"issue": issue.name, "who": state, "recipients": list(found)})
    else:
        for one in found:
            line = f"{one['address'] or 'erased'}  {one['code'] or ''} {one['text']}"
            say(line.rstrip())


def _document(one: Recipient) -> dict[str, Any]:
    return {**asdict(one), "at": one.at.isoformat() if one.at else None}
