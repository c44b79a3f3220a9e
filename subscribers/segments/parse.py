"""Parses the text of a segment: `plan = 'gold' and (tag:security or not joined within 30 days)`.

    expression := both { "or" both }
    both       := single { "and" single }
    single     := "not" single | "(" expression ")" | condition
    condition  := "joined" ("before" DAY | "after" DAY | "within" SPAN)
                | NAME ("=" | ":" | "!=") VALUE
                | NAME ["not"] "in" "(" VALUE { "," VALUE } ")"

A NAME in quotation marks is always an attribute. A word is too, except `tag`, `list`, `domain`,
`frequency` and `had`. Keywords may be written in upper case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TypeVar

from subscribers.errors import SegmentError
from subscribers.segments.conditions import (
    AllOf,
    AnyOf,
    AtDomain,
    Condition,
    HadIssue,
    HasAttribute,
    HasTag,
    IssueName,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    Not,
    OnList,
    Reads,
)
from subscribers.segments.tokens import Kind, Token, tokens_of
from subscribers.subscriber import Frequency

Value = TypeVar("Value")

MAX_DEPTH = 50
MAX_CONDITIONS = 100
LONGEST_SPAN = timedelta(days=36_500)

_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7, "week": 7, "weeks": 7}
_DAY = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d", re.ASCII)
_SPAN = re.compile(r"([0-9]{1,5})([a-z]*)")
_ISSUE = re.compile(r"(?:([a-z0-9]+(?:-[a-z0-9]+)*)/)?([0-9]{1,9})")
_LIST = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DOMAIN = re.compile(r"@?((?:[^\s@.]+\.)+[^\s@.]+)")
_KEYWORDS = ("and", "or", "not", "in")


def parse_segment(text: str) -> Condition:
    """The condition that the text states; raises SegmentError with the position of the mistake."""
    return _Parser(text).whole()


def parse_issue_name(text: str) -> IssueName:
    """`12` or `weekly/12`; raises SegmentError."""
    try:
        return _issue(text.strip())
    except ValueError as error:
        message, _, fix = str(error).partition("; ")
        raise SegmentError(message, position=1, fix=fix) from error


class _Parser:
    """Reads the tokens once, from left to right."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._place = 0
        self._depth = 0
        self._conditions = 0

    def whole(self) -> Condition:
        if self._is_at_end():
            raise SegmentError(
                "it is empty", position=1, fix="write a condition such as plan = 'gold'"
            )
        found = self._expression()
        if self._next.is_sign(")"):
            raise self._error("there is no ( for this )", "remove it")
        if not self._is_at_end():
            raise self._error(
                f"{self._shown()} does not belong to the condition before it",
                "write `and` or `or` between two conditions",
            )
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _is_at_end(self) -> bool:
        return self._next.kind is Kind.END

    def _take(self) -> Token:
        token = self._next
        self._place += token.kind is not Kind.END
        return token

    def _taken(self, *words: str) -> bool:
        """Take the next token if it is one of these words."""
        if not self._next.is_word(*words):
            return False
        self._take()
        return True

    def _error(self, message: str, fix: str, at: Token | None = None) -> SegmentError:
        return SegmentError(message, position=(at or self._next).position, fix=fix)

    def _shown(self, token: Token | None = None) -> str:
        token = token or self._next
        return "the end of the text" if token.kind is Kind.END else f"{token.text[:40]!r}"

    def _expression(self) -> Condition:
        parts = [self._both()]
        while self._taken("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(conditions=tuple(parts))

    def _both(self) -> Condition:
        parts = [self._single()]
        while self._taken("and"):
            parts.append(self._single())
        return parts[0] if len(parts) == 1 else AllOf(conditions=tuple(parts))

    def _single(self) -> Condition:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error("it is nested too deeply", f"nest at most {MAX_DEPTH} times")
        try:
            if self._taken("not"):
                return Not(condition=self._single())
            if self._next.is_sign("("):
                opened = self._take()
                inner = self._expression()
                if not self._next.is_sign(")"):
                    raise self._error("this ( is not closed", "add the )", opened)
                self._take()
                return inner
            return self._condition()
        finally:
            self._depth -= 1

    def _condition(self) -> Condition:
        name = self._take()
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise self._error(f"it has more than {MAX_CONDITIONS} conditions", "shorten it", name)
        if name.kind not in (Kind.WORD, Kind.QUOTED) or name.is_word(*_KEYWORDS):
            raise self._error(
                f"a condition is missing before {self._shown(name)}",
                "write one such as plan = 'gold' or tag:security",
                name,
            )
        if name.is_word("joined") and not self._next.is_sign("=", "!="):
            return self._joined(name)
        values, negated = self._values(name)
        made = self._made(name, values)
        return Not(condition=made) if negated else made

    def _values(self, name: Token) -> tuple[list[Token], bool]:
        """The values after the name, and whether they are excluded."""
        if self._next.is_sign("=", ":", "!="):
            negated = self._take().text == "!="
            if self._next.is_sign("="):
                raise self._error("there is one = too many", "write a single =")
            return [self._value()], negated
        negated = self._taken("not")
        if self._taken("in"):
            return self._value_list(), negated
        raise self._error(
            f"{self._shown(name)} is not compared with anything",
            _nearest(name.text) or f"write {name.text[:40]} = 'a value'",
        )

    def _value_list(self) -> list[Token]:
        if not self._next.is_sign("("):
            raise self._error("the list of values is missing", "write in ('gold', 'silver')")
        self._take()
        values = [self._value()]
        while self._next.is_sign(","):
            self._take()
            values.append(self._value())
        if not self._next.is_sign(")"):
            raise self._error("the list of values is not closed", "write in ('gold', 'silver')")
        self._take()
        return values

    def _value(self) -> Token:
        token = self._next
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            raise self._error(
                f"a value is missing before {self._shown()}", "write it in quotation marks: 'gold'"
            )
        return self._take()

    def _joined(self, name: Token) -> Condition:
        if self._taken("within"):
            return JoinedWithin(span=self._span(), position=name.position)
        for word, kind in (("before", JoinedBefore), ("after", JoinedAfter)):
            if self._taken(word):
                return kind(day=self._day(), position=name.position)
        raise self._error(
            f"joined is followed by {self._shown()}",
            "write joined before 2026-01-31, joined after 2026-01-31 or joined within 30 days",
        )

    def _day(self) -> date:
        token = self._take()
        if _DAY.fullmatch(token.text):
            with suppress(ValueError):
                return date.fromisoformat(token.text)
        raise self._error(f"{self._shown(token)} is not a day", "write it as 2026-01-31", token)

    def _span(self) -> timedelta:
        token = self._take()
        found = _SPAN.fullmatch(token.text.casefold())
        number, unit = found.groups() if found else ("", "")
        if number and not unit and self._next.kind is Kind.WORD:
            unit = self._take().text.casefold()
        days = _DAYS.get(unit)
        span = timedelta(days=int(number) * days) if number and days else timedelta()
        if not timedelta() < span <= LONGEST_SPAN:
            raise self._error(
                f"{self._shown(token)} is not a number of days or weeks",
                "write joined within 30 days, or 4 weeks",
                token,
            )
        return span

    def _made(self, name: Token, values: list[Token]) -> Condition:
        texts, at = tuple(token.text for token in values), name.position
        kind = name.text.casefold() if name.kind is Kind.WORD else ""
        match kind:
            case "tag":
                return HasTag(labels=self._each(values, _tag), position=at)
            case "list":
                return OnList(lists=self._each(values, _list_slug), position=at)
            case "domain":
                return AtDomain(domains=self._each(values, _domain), position=at)
            case "frequency":
                return Reads(frequencies=self._each(values, _frequency), position=at)
            case "had":
                return HadIssue(issues=self._each(values, _issue), position=at)
            case "tags" | "lists" | "domains":
                fix = f"write {kind[:-1]}:… (an attribute of that name: \"{kind}\" = '…')"
                raise self._error(f"{kind!r} is not known", fix, name)
        if not name.text.strip() or '"' in name.text or "\\" in name.text:
            raise self._error(
                f"{name.text[:40]!r} cannot be the name of an attribute",
                "write a name without quotation marks and backslashes",
                name,
            )
        return HasAttribute(name=name.text, values=texts, position=at)

    def _each(self, values: list[Token], read: Callable[[str], Value]) -> tuple[Value, ...]:
        found = []
        for token in values:
            try:
                found.append(read(token.text.strip()))
            except ValueError as error:
                message, _, fix = str(error).partition("; ")
                raise self._error(message, fix, token) from error
        return tuple(found)


def _tag(text: str) -> str:
    if not text:
        raise ValueError("the tag is empty; write tag:security, or tag:* for any tag")
    return text


def _list_slug(text: str) -> str:
    if not _LIST.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not the short name of a list; use a-z, 0-9 and hyphens")
    return text


def _domain(text: str) -> str:
    found = _DOMAIN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a domain; write domain:example.org")
    return found[1]


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text.casefold())
    except ValueError as error:
        raise ValueError(
            f"{text[:40]!r} is not a frequency; write frequency:weekly or frequency:monthly"
        ) from error


def _issue(text: str) -> IssueName:
    found = _ISSUE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is not an issue; write had:12 or had:weekly/12")
    return IssueName(newsletter=found[1] or "", number=int(found[2]))


def _nearest(word: str) -> str:
    """A hint for a misspelt word that has no sign after it."""
    near = get_close_matches(word.casefold(), (*_KEYWORDS, "joined"), n=1, cutoff=0.7)
    return f"did you mean {near[0]!r}?" if near else ""
