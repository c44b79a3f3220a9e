"""Lint: checks an edition as it will be sent, without network access, for problems of readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newsletter.issues.issue import Item
from newsletter.rendering.edition import Edition
from newsletter.rendering.lint.finding import LintFinding, Severity
from newsletter.rendering.lint.rules import ALWAYS, RULES
from newsletter.rendering.masthead import Masthead

__all__ = ["ALWAYS", "RULES", "LintFinding", "Severity", "lint"]

_ORDER = ("blocking", "warning", "off")


def lint(
    edition: Edition,
    *,
    items: Sequence[Item],
    masthead: Masthead,
    severities: Mapping[str, Severity] | None = None,
) -> list[LintFinding]:
    """All findings on an edition, blocking ones first; `items` are the issue's.

    `severities` override those of the rules, by rule name.
    """
    # Imported here because the rules load lxml and tinycss2, which are slow.
    from newsletter.rendering.lint.accessibility import check_accessibility
    from newsletter.rendering.lint.clients import check_clients
    from newsletter.rendering.lint.completeness import check_completeness
    from newsletter.rendering.lint.document import Document
    from newsletter.rendering.lint.images import check_images
    from newsletter.rendering.lint.links import check_links
    from newsletter.rendering.lint.readability import check_readability
    from newsletter.rendering.lint.size import check_size
    from newsletter.rendering.lint.spam import check_spam_habits
    from newsletter.rendering.lint.structure import check_structure
    from newsletter.rendering.lint.style_sheets import check_style_sheets
    from newsletter.rendering.lint.visibility import check_visibility
    from newsletter.rendering.lint.wording import check_wording

    sent, edition = edition, edition.uncounted  # check the targets of counted links
    document = Document(edition.html)
    findings = [
        *check_accessibility(document),
        *check_structure(document),
        *check_readability(document),
        *check_clients(document),
        *check_style_sheets(document),
        *check_links(document, edition.nonce, masthead.site_url),
        *check_images(document, items),
        *check_size(sent.html),
        *check_spam_habits(document, edition),
        *check_wording(document, edition),
        *check_visibility(document, edition.nonce, masthead.postal_address),
        *check_completeness(document, edition, items=items, postal_address=masthead.postal_address),
    ]
    rated = [_with_severity(found, severities or {}) for found in findings]
    return sorted(rated, key=lambda found: _ORDER.index(found.severity))


def _with_severity(found: LintFinding, severities: Mapping[str, Severity]) -> LintFinding:
    if found.rule in ALWAYS or found.rule not in severities:
        return found
    return replace(found, severity=severities[found.rule])
