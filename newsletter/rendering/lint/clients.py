"""Will mail clients show it as it was meant?"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import Finding


def check_clients(document: Document) -> Iterator[Finding]:
    """Doctype, MJML that was not understood, images that Outlook cannot size, scripts."""
    if not document.html.startswith("<!DOCTYPE html>"):
        fix = "let the document begin with <!DOCTYPE html>"
        yield finding(document.root, "doctype", "blocking", who="Outlook, Yahoo", fix=fix)
    for element in document.elements():
        if element.tag.startswith("mj-") or element.tag == "mjml":
            fix = f"correct the name <{element.tag}>: MJML has no such component here"
            yield finding(element, "unknown-mjml", "blocking", who="every reader", fix=fix)
        elif element.tag in ("script", "iframe", "form", "object", "embed", "link"):
            fix = f"take <{element.tag}> out: clients drop it, and filters distrust it"
            yield finding(element, "active-content", "blocking", who="every reader", fix=fix)
        elif element.tag == "img" and not (element.get("width") or "").isdigit():
            fix = 'give it width="…" in pixels'
            yield finding(element, "image-width", "warning", who="Outlook for Windows", fix=fix)
