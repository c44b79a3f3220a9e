"""The rendered HTML, parsed once for all rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newsletter.rendering.lint.finding import LintFinding, Severity
from newsletter.rendering.safe_text import one_line

_EMPTY = "<html></html>"
_MAX_TAG = 120


class Document:
    """The elements of an HTML mail; conditional comments, which only Outlook reads, are ignored."""

    def __init__(self, html: str) -> None:
        from lxml import etree  # slow to load: only when there is HTML to check

        self.html = html
        parsed: Any = etree.fromstring(html or _EMPTY, etree.HTMLParser())
        self.root: Any = etree.fromstring(_EMPTY, etree.HTMLParser()) if parsed is None else parsed

    def elements(self, *names: str) -> Iterator[Any]:
        """The elements with these names in document order; all elements if no name is given."""
        return (element for element in self.root.iter(*names) if isinstance(element.tag, str))

    def style_sheets(self) -> list[str]:
        """The content of every <style> outside conditional comments."""
        return [block.text or "" for block in self.elements("style")]

    def text(self) -> str:
        """The text of the body, white space folded."""
        return " ".join(" ".join(self.root.xpath("//body//text()")).split())


def words_of(element: Any) -> str:
    """The accessible name of an element: its text and the alternative text of its images."""
    texts = [*element.itertext(), *(image.get("alt") or "" for image in element.iter("img"))]
    return " ".join(" ".join(texts).split()) or (element.get("aria-label") or "").strip()


def finding(element: Any, rule: str, severity: Severity, *, who: str, fix: str) -> LintFinding:
    """A finding about an element, with its start tag and its line in the HTML."""
    return LintFinding(
        rule=rule,
        severity=severity,
        element=start_tag(element),
        line=element.sourceline or 0,
        who=who,
        fix=fix,
    )


def finding_about(words: str, rule: str, severity: Severity, *, who: str, fix: str) -> LintFinding:
    """A finding about the subject, or a whole part, which has no element and no line."""
    return LintFinding(rule=rule, severity=severity, element=words, line=0, who=who, fix=fix)


def without_space(text: str) -> str:
    """The text without white space, so that line breaks do not matter when texts are compared."""
    return "".join(one_line(text).split())


def start_tag(element: Any) -> str:
    """The element's start tag as findings show it, shortened."""
    attributes = "".join(f' {name}="{value}"' for name, value in element.attrib.items())
    tag = f"<{element.tag}{attributes}>"
    return tag if len(tag) <= _MAX_TAG else tag[:_MAX_TAG] + "…"
