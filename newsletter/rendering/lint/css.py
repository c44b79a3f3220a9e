"""Parses style sheets and style attributes; cached, as editions of an issue share them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tinycss2


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """`property: value`, both in lower case, and the line in its sheet (from 1)."""

    name: str
    value: str
    important: bool
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A selector's declarations. `media` is the condition of the @media around it, or ""."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    media: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AtRule:
    """`@media screen` as name and condition, in lower case."""

    name: str
    condition: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One <style> block."""

    rules: tuple[Rule, ...]
    at_rules: tuple[AtRule, ...]


@lru_cache(maxsize=4096)
def read_style(style: str) -> tuple[Declaration, ...]:
    """The declarations of a style attribute; invalid CSS is skipped."""
    return tuple(_declarations(tinycss2.parse_blocks_contents(style, skip_whitespace=True)))


def style_of(element: Any) -> dict[str, str]:
    """The properties of an element's style attribute by name; the last of a name counts."""
    return {one.name: one.value for one in read_style(element.get("style") or "")}


def pixels(value: str | None) -> float | None:
    """A length in CSS pixels; None for one in another unit, or none at all."""
    number = (value or "").removesuffix("px")
    try:
        return float(number) if value and (value.endswith("px") or float(number) == 0) else None
    except ValueError:
        return None


@lru_cache(maxsize=64)
def read_sheet(css: str) -> Sheet:
    """The rules of a style sheet, also those inside @media and @supports."""
    rules: list[Rule] = []
    at_rules: list[AtRule] = []
    _collect(tinycss2.parse_stylesheet(css, True, True), "", rules, at_rules)
    return Sheet(rules=tuple(rules), at_rules=tuple(at_rules))


def _collect(nodes: Iterable[Any], media: str, rules: list[Rule], at_rules: list[AtRule]) -> None:
    for node in nodes:
        if node.type == "at-rule":
            condition = tinycss2.serialize(node.prelude).strip().lower()
            at_rules.append(
                AtRule(name=node.lower_at_keyword, condition=condition, line=node.source_line)
            )
            if node.lower_at_keyword in ("media", "supports") and node.content is not None:
                inner = tinycss2.parse_blocks_contents(node.content, True, True)
                _collect(
                    inner, condition if node.lower_at_keyword == "media" else media, rules, at_rules
                )
        elif node.type == "qualified-rule":
            contents = tinycss2.parse_blocks_contents(node.content, skip_whitespace=True)
            rules.append(
                Rule(
                    selectors=tuple(_selectors(node.prelude)),
                    declarations=tuple(_declarations(contents)),
                    media=media,
                    line=node.source_line,
                )
            )


def _selectors(prelude: Sequence[Any]) -> Iterator[str]:
    part: list[Any] = []
    for piece in (*prelude, None):
        if piece is None or piece == ",":
            if text := tinycss2.serialize(part).strip():
                yield text
            part = []
        else:
            part.append(piece)


def _declarations(nodes: Iterable[Any]) -> Iterator[Declaration]:
    for node in nodes:
        if node.type == "declaration":
            yield Declaration(
                name=node.lower_name,
                value=tinycss2.serialize(node.value).strip().lower(),
                important=node.important,
                line=node.source_line,
            )
