from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    simple_conditions,
)
from subscribers.segments.parse import MAX_CONDITIONS, MAX_DEPTH, parse_segment
from subscribers.subscriber import Frequency

GOLD = HasAttribute(name="plan", values=("gold",))
SECURITY = HasTag(labels=("security",))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("plan = 'gold'", GOLD),
        ('plan="gold"', GOLD),
        ("plan: gold", GOLD),
        ("'plan' = gold", GOLD),
        ("plan != gold", Not(condition=GOLD)),
        ("plan in ('gold', silver)", HasAttribute(name="plan", values=("gold", "silver"))),
        ("plan not in (gold)", Not(condition=GOLD)),
        ("plan = ''", HasAttribute(name="plan", values=("",))),
        ("name = 'O''Neill'", HasAttribute(name="name", values=("O'Neill",))),
        ('"favourite colour" = blue', HasAttribute(name="favourite colour", values=("blue",))),
        ('"tag" = blue', HasAttribute(name="tag", values=("blue",))),
        ("Größe = XL", HasAttribute(name="Größe", values=("XL",))),
        ("joined = 2024", HasAttribute(name="joined", values=("2024",))),
        ("tag:security", SECURITY),
        ("TAG = 'data breach'", HasTag(labels=("data breach",))),
        ("tag:*", HasTag(labels=("*",))),
        ("tag in (ai, law)", HasTag(labels=("ai", "law"))),
        ("list:weekly", OnList(lists=("weekly",))),
        ("domain:example.org", AtDomain(domains=("example.org",))),
        ("domain = @bücher.example", AtDomain(domains=("bücher.example",))),
        ("frequency:Monthly", Reads(frequencies=(Frequency.MONTHLY,))),
        ("had:12", HadIssue(issues=(IssueName(newsletter="", number=12),))),
        ("had:good-gear/12", HadIssue(issues=(IssueName(newsletter="good-gear", number=12),))),
        ("joined before 2026-01-31", JoinedBefore(day=date(2026, 1, 31))),
        ("joined after '2026-01-31'", JoinedAfter(day=date(2026, 1, 31))),
        ("joined within 30 days", JoinedWithin(span=timedelta(days=30))),
        ("joined within 2w", JoinedWithin(span=timedelta(days=14))),
    ],
)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    """Every kind of condition, in every spelling that is promised."""
    assert parse_segment(text) == condition


def test_not_binds_closer_than_and_and_and_closer_than_or() -> None:
    """Parentheses say otherwise; keywords may be written in upper case."""
    a, b, c = (HasAttribute(name=name, values=("1",)) for name in "abc")
    assert parse_segment("a=1 or b=1 and not c=1") == AnyOf(
        conditions=(a, AllOf(conditions=(b, Not(condition=c))))
    )
    assert parse_segment("(a=1 OR b=1) AND NOT (c=1)") == AllOf(
        conditions=(AnyOf(conditions=(a, b)), Not(condition=c))
    )


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("", 1, "plan = 'gold'"),
        ("   ", 1, "plan = 'gold'"),
        ("plan", 5, "plan = 'a value'"),
        ("plan =", 7, "quotation marks"),
        ("plan == gold", 7, "single ="),
        ("plan = 'gold", 8, "close the quotation"),
        ("plan = “gold”", 8, "straight quotation marks"),
        ("plan = gold silver", 13, "`and` or `or`"),
        ("plan = gold && a = 1", 13, "write `and`"),
        ("plan = gold | a = 1", 13, "write `or`"),
        ("points > 5", 8, "joined after"),
        ("points < 5", 8, "joined before"),
        ("! plan = gold", 1, "write `not`"),
        ("(plan = gold", 1, "add the )"),
        ("plan = gold)", 12, "remove it"),
        ("plan = gold and", 16, "plan = 'gold'"),
        ("and plan = gold", 1, "plan = 'gold'"),
        ("plan in gold", 9, "in ('gold', 'silver')"),
        ("plan in (gold", 14, "in ('gold', 'silver')"),
        ("tags:security", 1, "tag:…"),
        ("list:Weekly!", 12, "write `not`"),
        ("list:'We ekly'", 6, "a-z, 0-9"),
        ("frequency:daily", 11, "frequency:monthly"),
        ("had:weekly", 5, "had:12"),
        ("domain:nonsense", 8, "domain:example.org"),
        ("joined", 7, "joined within 30 days"),
        ("joined before christmas", 15, "2026-01-31"),
        ("joined before 2026-02-30", 15, "2026-01-31"),
        ("joined before 0001-01-01", 15, "2026-01-31"),
        ("joined within 30", 15, "joined within 30 days"),
        ("joined within 0 days", 15, "joined within 30 days"),
        ("joined within 99999 weeks", 15, "joined within 30 days"),
        ("a = 1 und b = 2", 7, "`and` or `or`"),
        ("plan = gold andd x = 1", 13, "`and` or `or`"),
        ("'a\"b' = 1", 1, "without quotation marks"),
        ("a = '\x00'", 6, "remove it"),
        ("a = '\ud800'", 6, "remove it"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_a_hint(text: str, position: int, hint: str) -> None:
    """The position counts characters from 1."""
    with pytest.raises(SegmentError) as refused:
        parse_segment(text)
    assert refused.value.position == position
    assert f"at character {position}: " in refused.value.problem.message
    assert hint in (refused.value.problem.fix or "")


def test_a_segment_has_limits() -> None:
    """Length, depth and the number of conditions: no text overflows a stack or a database."""
    deep = "(" * MAX_DEPTH
    many = " or ".join(["a=1"] * (MAX_CONDITIONS + 1))
    for text in ("a = " + "x" * 3000, deep + "a=1" + ")" * MAX_DEPTH, "not " * 60 + "a=1", many):
        with pytest.raises(SegmentError):
            parse_segment(text)


names = st.text(st.characters(exclude_characters='"\\', exclude_categories=["C", "Z"]), min_size=1)
values = st.text(st.characters(exclude_categories=["C"]))
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))
slugs = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True)
simple = st.one_of(
    st.builds(HasAttribute, name=names, values=st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(HasTag, labels=st.tuples(slugs)),
    st.builds(OnList, lists=st.lists(slugs, min_size=1, max_size=3).map(tuple)),
    st.builds(JoinedBefore, day=days),
    st.builds(JoinedAfter, day=days),
    st.builds(JoinedWithin, span=st.integers(1, 36_500).map(lambda n: timedelta(days=n))),
    st.builds(Reads, frequencies=st.tuples(st.sampled_from(Frequency))),
    st.builds(
        HadIssue,
        issues=st.tuples(
            st.builds(IssueName, newsletter=st.just("") | slugs, number=st.integers(0, 10**9 - 1))
        ),
    ),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(Not, condition=inner),
        st.builds(AllOf, conditions=st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, conditions=st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def written(condition: Condition) -> str:
    """The condition as a text of the language."""

    def quoted(texts: tuple[object, ...]) -> str:
        return "(" + ", ".join("'" + str(text).replace("'", "''") + "'" for text in texts) + ")"

    match condition:
        case Not():
            return f"not ({written(condition.condition)})"
        case AllOf() | AnyOf():
            sign = " and " if isinstance(condition, AllOf) else " or "
            return sign.join(f"({written(one)})" for one in condition.conditions)
        case HasAttribute():
            return f'"{condition.name}" in {quoted(condition.values)}'
        case HasTag():
            return f"tag in {quoted(condition.labels)}"
        case OnList():
            return f"list in {quoted(condition.lists)}"
        case AtDomain():
            return f"domain in {quoted(condition.domains)}"
        case Reads():
            return f"frequency in {quoted(condition.frequencies)}"
        case HadIssue():
            issues = [
                f"{one.newsletter}/{one.number}" if one.newsletter else str(one.number)
                for one in condition.issues
            ]
            return f"had in {quoted(tuple(issues))}"
        case JoinedBefore():
            return f"joined before {condition.day}"
        case JoinedAfter():
            return f"joined after {condition.day}"
        case JoinedWithin():
            return f"joined within {condition.span.days}d"


@given(conditions)
def test_what_is_written_is_read_back(condition: Condition) -> None:
    """Whatever the values contain: quotes, signs, keywords, scripts."""
    assert parse_segment(written(condition)) == condition
    assert len(simple_conditions(condition)) >= 1


@given(
    st.text(max_size=60)
    | st.text(st.sampled_from("ab1 '\"()=!:,<>andornti\n"), max_size=40)
    | st.lists(
        st.sampled_from(["a", "=", "!=", "in", "(", ")", ",", "not", "and", "or", "joined", "'x'"])
    ).map(" ".join)
)
def test_any_text_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    """No text ends in another error."""
    position = 1
    try:
        parse_segment(text)
    except SegmentError as error:
        position = error.position
    assert 1 <= position <= len(text) + 1
