"""Checks that mail clients support what the HTML uses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from newsletter.rendering.annotations import is_annotation
from newsletter.rendering.html import make_html
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.features import features_of
from newsletter.rendering.lint.finding import LintFinding

_DATA = Path(__file__).with_name("caniemail.json")

# Features that MJML's own output uses are not reported, as its authors know their support.
_REFERENCE = """
<mjml lang="en" dir="ltr"><mj-head><mj-title>t</mj-title><mj-preview>p</mj-preview></mj-head>
<mj-body background-color="#ffffff">
<mj-wrapper border-radius="8px" border-top="1px solid #000000">
<mj-section><mj-group><mj-column width="50%" border-radius="4px"><mj-text>t</mj-text></mj-column>
<mj-column width="50%"><mj-image src="https://example.org/a.png" alt="" fluid-on-mobile="true" href="https://example.org/" /></mj-column></mj-group></mj-section>
<mj-section><mj-column><mj-button>b</mj-button><mj-divider /><mj-spacer height="8px" />
<mj-table><tr><td>t</td></tr></mj-table></mj-column></mj-section>
</mj-wrapper></mj-body></mjml>
"""

GRACEFUL = {
    "css-at-media-prefers-color-scheme": "the light colours are shown",
    "css-at-media-prefers-reduced-motion": "pictures move",
    "css-color-scheme": "the light colours are shown",
    "html-meta-color-scheme": "the light colours are shown",
    "css-selector-attribute": "used for dark mode only",
    "css-selector-child": "used for dark mode and phones only",
    "css-overflow-wrap": "the word-break of MRML's cells breaks long words",
    "css-white-space": "a link breaks over two lines",
    "html-bdi": "a name in another script may be shown out of order",
    "html-semantics": "the elements around the text are plain ones",
    "html-wbr": "a long word breaks where it must, by word-break",
    "html-dir": "the element around it has its own direction",
}
"""Features of our themes that some clients lack, and what their readers see instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Support:
    """Data of caniemail.com: `missing` has the names of clients that lack a feature."""

    date: str
    missing: dict[str, tuple[str, ...]]
    titles: dict[str, str]


@cache
def read_support() -> Support:
    """Read the data that `make caniemail` stores beside this file."""
    document = json.loads(_DATA.read_text(encoding="utf-8"))
    names: dict[str, str] = document["clients"]
    features = document["features"]
    return Support(
        date=document["date"],
        missing={
            slug: tuple(names[client] for client in feature["missing"])
            for slug, feature in features.items()
        },
        titles={slug: feature["title"] for slug, feature in features.items()},
    )


@cache
def _baseline() -> frozenset[str]:
    return frozenset(features_of(Document(make_html(_REFERENCE, ""))))


def check_clients(document: Document) -> Iterator[LintFinding]:
    """Check the doctype, unknown MJML, active content, and features that clients lack."""
    if not document.html.startswith("<!DOCTYPE html>"):
        fix = "start the document with <!DOCTYPE html>"
        yield finding(document.root, "doctype", "blocking", who="Outlook, Yahoo", fix=fix)
    for element in document.elements():
        if element.tag.startswith("mj-") or element.tag == "mjml":
            fix = f"correct the name <{element.tag}>: MJML does not allow such a component here"
            yield finding(element, "unknown-mjml", "blocking", who="every reader", fix=fix)
        elif element.tag in _ACTIVE and not is_annotation(element):
            fix = f"remove <{element.tag}>: clients drop it, and filters distrust it"
            yield finding(element, "active-content", "blocking", who="every reader", fix=fix)
        elif handlers := [name for name in element.attrib if name.startswith("on")]:
            fix = f"remove {handlers[0]}: clients drop it, and filters distrust it"
            yield finding(element, "active-content", "blocking", who="every reader", fix=fix)
    yield from _unsupported(document)


_ACTIVE = frozenset(
    str.split(
        "script iframe form object embed link base applet frame video audio svg canvas dialog"
        " input button select textarea marquee blink"
    )
)


def _unsupported(document: Document) -> Iterator[LintFinding]:
    support = read_support()
    for slug, element in features_of(document).items():
        clients = support.missing.get(slug, ())
        if not clients or slug in _baseline() or slug in GRACEFUL:
            continue
        fix = f"avoid {support.titles[slug]}; https://www.caniemail.com/features/{slug}/ ({support.date})"
        affected = document.root if element is None else element
        yield finding(affected, "client-support", "warning", who=", ".join(clients), fix=fix)
