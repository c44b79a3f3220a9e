"""Checks that nothing is missing: slots, postal address, a text part with every story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.issues.issue import Item
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.lint.document import Document, finding_about, without_space
from newsletter.rendering.lint.finding import LintFinding, Severity
from newsletter.rendering.slots import LOOKALIKE, sentinel, split


def check_completeness(
    document: Document, edition: Edition, *, items: Sequence[Item], postal_address: str
) -> Iterator[LintFinding]:
    """Check what the law requires (unsubscribe link, postal address), the slots, and the text part."""
    if not edition.subject:
        yield _missing("subject", "Subject", "blocking", "give the issue a subject")
    for part, body in (("HTML", edition.html), ("text", edition.text)):
        yield from _slots(part, body, edition.nonce)
    links = {element.get("href") for element in document.elements("a")}
    if sentinel(Slot.UNSUBSCRIBE, edition.nonce) not in links:
        fix = 'put <a href="{{ links.unsubscribe }}"> in the footer'
        yield _missing("unsubscribe", "HTML part", "blocking", fix)
    if sentinel(Slot.UNSUBSCRIBE, edition.nonce) not in edition.text:
        fix = "put {{ links.unsubscribe }} at the end of the text template"
        yield _missing("unsubscribe", "text part", "blocking", fix)
    for part, text in (("HTML part", document.text()), ("text part", edition.text)):
        if without_space(postal_address) not in without_space(text):
            fix = "put {{ newsletter.postal_address }} in the footer: the law requires it"
            yield _missing("postal-address", part, "blocking", fix)
    included, plain_text = set(edition.item_keys), without_space(edition.text)
    for item in items:
        if item.article.key in included and without_space(item.title) not in plain_text:
            fix = f"include every item in the text template; this one is missing: {item.title[:80]}"
            yield _missing("text-complete", "text part", "warning", fix)


def _slots(part: str, body: str, nonce: str) -> Iterator[LintFinding]:
    literal = "".join(piece for piece in split(body, nonce) if not isinstance(piece, Slot))
    if nonce in literal:
        fix = "use links.unsubscribe, links.preferences and reader.name unchanged"
        yield _missing("slot", f"{part} part: a broken slot", "blocking", fix)
    for match in LOOKALIKE.finditer(literal):
        yield LintFinding(
            rule="forged-slot",
            severity="warning",
            element=f"{part} part: {match[0]}",
            line=body.count("\n", 0, body.find(match[0])) + 1,
            who="nobody: it is sent as plain text",
            fix="check the article with this text, which looks like a slot",
        )


def _missing(rule: str, element: str, severity: Severity, fix: str) -> LintFinding:
    return finding_about(element, rule, severity, who="every reader", fix=fix)
