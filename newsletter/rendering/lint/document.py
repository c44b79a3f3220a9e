"""The final HTML, parsed once for all rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.rendering.lint.finding import Finding, Severity

_NOTHING = "<html></html>"
_SHOWN = 120


class Document:
    """Elements of an HTML mail in reading order; conditional comments are Outlook's, not read."""

    def __init__(self, html: str) -> None:
        from lxml import etree  # slow to load: only where there is HTML to look at

        self.html = html
        parsed: Any = etree.fromstring(html or _NOTHING, etree.HTMLParser())
        self.root: Any = (
            etree.fromstring(_NOTHING, etree.HTMLParser()) if parsed is None else parsed
        )

    def elements(self, *names: str) -> Iterator[Any]:
        """The elements of these names in document order; all where none is named."""
        return (element for element in self.root.iter(*names) if isinstance(element.tag, str))

    def style_sheets(self) -> list[str]:
        """The content of every <style> that all clients read."""
        return [block.text or "" for block in self.elements("style")]

    def text(self) -> str:
        """What the body says, runs of white space folded."""
        return " ".join(" ".join(self.root.xpath("//body//text()")).split())


def words_of(element: Any) -> str:
    """What a screen reader says for the element: its text and the alt of its images."""
    said = [*element.itertext(), *(image.get("alt") or "" for image in element.iter("img"))]
    return " ".join(" ".join(said).split()) or (element.get("aria-label") or "").strip()


def finding(element: Any, rule: str, severity: Severity, *, who: str, fix: str) -> Finding:
    """A finding about an element: its start tag and its line in the HTML."""
    return Finding(
        rule=rule,
        severity=severity,
        element=start_tag(element),
        line=element.sourceline or 0,
        who=who,
        fix=fix,
    )


def start_tag(element: Any) -> str:
    """The element's start tag as findings show it, shortened."""
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    tag = f"<{element.tag}{attributes}>"
    return tag if len(tag) <= _SHOWN else tag[:_SHOWN] + "…"
