"""What a segment asks of a reader, as values. `parse.py` reads them, `compile.py` makes SQL of them.

`position` is where the condition stands in the text, counted from 1; it is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from subscribers.subscriber import Frequency


@dataclass(frozen=True, kw_only=True, slots=True)
class _Located:
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class HasTag(_Located):
    """The reader chose one of these tags, or an import kept it as a label. "*" is any tag."""

    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HasAttribute(_Located):
    """The attribute has one of these values; a reader without it has the value ""."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OnList(_Located):
    """The reader has an active subscription to one of these lists."""

    lists: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AtDomain(_Located):
    """The address is at one of exactly these domains."""

    domains: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads(_Located):
    """The reader chose one of these frequencies."""

    frequencies: tuple[Frequency, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueName:
    """An issue's number, and its newsletter; "" is the newsletter that the segment belongs to."""

    newsletter: str
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HadIssue(_Located):
    """A relay accepted one of these issues for the reader."""

    issues: tuple[IssueName, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedBefore(_Located):
    """The subscription became active before that day began."""

    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedAfter(_Located):
    """The subscription became active after that day ended."""

    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinedWithin(_Located):
    """The subscription became active within this time."""

    span: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """Every one of at least two conditions holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """At least one of at least two conditions holds."""

    conditions: tuple[Condition, ...]


Simple = (
    HasTag
    | HasAttribute
    | OnList
    | AtDomain
    | Reads
    | HadIssue
    | JoinedBefore
    | JoinedAfter
    | JoinedWithin
)
Condition = Simple | Not | AllOf | AnyOf


def simple_conditions(condition: Condition) -> list[Simple]:
    """The conditions without `and`, `or` and `not`, in the order of the text."""
    match condition:
        case Not():
            return simple_conditions(condition.condition)
        case AllOf() | AnyOf():
            return [one for part in condition.conditions for one in simple_conditions(part)]
        case _:
            return [condition]
