"""Lint: looks at an edition as it will be sent, offline, and says what would hurt whom."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.issues.issue import Item
from newsletter.rendering.edition import Edition
from newsletter.rendering.lint.accessibility import check_accessibility
from newsletter.rendering.lint.clients import check_clients
from newsletter.rendering.lint.completeness import check_completeness
from newsletter.rendering.lint.document import Document
from newsletter.rendering.lint.finding import Finding
from newsletter.rendering.lint.links import check_links
from newsletter.rendering.lint.size import check_size
from newsletter.rendering.masthead import Masthead

__all__ = ["Finding", "lint"]


def lint(edition: Edition, *, items: Sequence[Item], masthead: Masthead) -> list[Finding]:
    """All findings on an edition, blocking ones first; `items` are the issue's.

    A good issue has none.
    """
    document = Document(edition.html)
    findings = [
        *check_accessibility(document),
        *check_clients(document),
        *check_links(document, edition.nonce),
        *check_size(edition.html),
        *check_completeness(document, edition, items=items, postal_address=masthead.postal_address),
    ]
    return sorted(findings, key=lambda found: found.severity != "blocking")
