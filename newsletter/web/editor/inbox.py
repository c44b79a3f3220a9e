"""How inboxes cut the subject and the preheader. Pure.

Limits are in characters, measured at each client's default width and font. Where a client shows
subject and preheader on one line, the preheader gets the space that the subject leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.rendering.safe_text import shorten


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxRow:
    """One row as a client shows it. `stacked`: the preheader has a line of its own."""

    client: str
    subject: str
    preheader: str
    stacked: bool
    cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _Client:
    name: str
    subject: int
    preheader: int
    together: bool


_CLIENTS: Sequence[_Client] = (
    _Client(name="Gmail, desktop", subject=70, preheader=100, together=True),
    _Client(name="Gmail, phone", subject=36, preheader=42, together=False),
    _Client(name="Apple Mail, iPhone", subject=38, preheader=86, together=False),
    _Client(name="Outlook, Windows", subject=54, preheader=55, together=False),
)


def inbox_rows(subject: str, preheader: str) -> tuple[InboxRow, ...]:
    """The rows of the clients that most readers use."""
    rows = []
    for client in _CLIENTS:
        shown = shorten(subject, client.subject)
        space = client.preheader - len(shown) if client.together else client.preheader
        rows.append(
            InboxRow(
                client=client.name,
                subject=shown,
                preheader=shorten(preheader, max(0, space)),
                stacked=not client.together,
                cut=shown != subject,
            )
        )
    return tuple(rows)
