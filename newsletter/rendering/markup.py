"""Scans the tags of markup without parsing it: open tags, nesting depth, likely mistakes.

MRML silently closes some unclosed tags, reports no line for the others, and overflows its stack
on deeply nested markup, so these checks run before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.compile(
    r"<!--.*?-->|<(?P<close>/?)(?P<name>[A-Za-z][\w:-]*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*?(?P<empty>/?)>",
    re.DOTALL,
)
VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905 (reads as a line)
)
"""Elements that never have an end tag (HTML, section 13.1.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkupTag:
    """A start tag (`opens`) or an end tag, on a line counted from 1."""

    name: str
    opens: bool
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A mistake in the markup, and its line, counted from 1."""

    line: int
    message: str


def tags(source: str) -> Iterator[MarkupTag]:
    """Yield the start and end tags in order, except those of void and self-closed elements."""
    line, position = 1, 0
    for match in _TAG.finditer(source):
        line += source.count("\n", position, match.start())
        position = match.start()
        name = match["name"]
        if name and not match["empty"] and name.lower() not in VOID:
            yield MarkupTag(name=name, opens=not match["close"], line=line)


def deepest_nesting(source: str) -> int:
    """The greatest number of elements open at once."""
    depth = deepest = 0
    for tag in tags(source):
        depth = depth + 1 if tag.opens else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def find_imbalance(source: str) -> Fault | None:
    """The first start tag that is not closed, or end tag without a start tag."""
    still_open: list[MarkupTag] = []
    for tag in tags(source):
        if tag.opens:
            still_open.append(tag)
        elif still_open and still_open[-1].name == tag.name:
            still_open.pop()
        elif tag.name in (other.name for other in still_open):
            inner = still_open[-1]
            return Fault(
                line=inner.line,
                message=f"<{inner.name}> is not closed before </{tag.name}> on line {tag.line}",
            )
        else:
            return Fault(line=tag.line, message=f"</{tag.name}> closes nothing")
    if still_open:
        return Fault(line=still_open[-1].line, message=f"<{still_open[-1].name}> is not closed")
    return None


_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def find_suspect(source: str) -> Fault | None:
    """The first mistake that HTML tolerates and MJML does not: a bare `<` or an unquoted value."""
    position = 0
    for match in _TAG.finditer(source):
        bare = source.find("<", position, match.start())
        if bare >= 0:
            return Fault(line=source.count("\n", 0, bare) + 1, message="a bare <; write &lt;")
        if match["name"] and re.search(r"=\s*[^\s\"']", _QUOTED.sub('""', match[0])):
            line = source.count("\n", 0, match.start()) + 1
            return Fault(line=line, message=f"a value without quotes in <{match['name']}>")
        position = match.end()
    return None
