"""What a proxy made of our headers, told from values."""

from __future__ import annotations

import pytest

from newsletter.pipeline.doctor.answer_headers import judge_headers, judge_transport
from newsletter.pipeline.doctor.mail_domain import Grade

SENT = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def grades(*received: tuple[str, str]) -> list[Grade]:
    """What is found of an answer with these header lines."""
    return [found.grade for found in judge_headers("/", sent=SENT, received=received)]


def test_what_arrives_as_it_was_sent_is_not_mentioned() -> None:
    """Names in any case, spaces, a last semicolon and other headers make no difference."""
    policy = ("CONTENT-SECURITY-POLICY", "default-src  'none'; Frame-Ancestors 'none';")
    others = [(name.lower(), value) for name, value in SENT.items() if name[0] != "C"]
    assert grades(policy, *others, ("Cache-Control", "no-store"), ("X-Cache", "MISS")) == []


@pytest.mark.parametrize("name", SENT)
def test_each_header_that_is_dropped_or_replaced_is_a_failure(name: str) -> None:
    """The finding names it, and what follows."""
    rest = [(other, value) for other, value in SENT.items() if other != name]
    assert grades(*rest) == grades(*rest, (name, "")) == [Grade.FAILURE]
    (found,) = judge_headers("/", sent=SENT, received=[*rest, (name, "elsewhere")])
    assert found.grade is Grade.FAILURE
    assert f"{name}: elsewhere for / instead of ours" in found.message
    assert name in found.fix


@pytest.mark.parametrize(
    ("name", "added", "found"),
    [
        ("Content-Security-Policy", "upgrade-insecure-requests", [Grade.WARNING]),
        ("Referrer-Policy", "unsafe-url", [Grade.FAILURE]),  # the last one counts
        ("Referrer-Policy", "no-referrer", []),
        ("X-Content-Type-Options", "nosniff", []),
        ("Cache-Control", "no-cache", []),  # no-store still holds
    ],
)
def test_a_second_value_is_judged_as_browsers_read_it(
    name: str, added: str, found: list[Grade]
) -> None:
    """In a line of its own or after a comma."""
    assert grades(*SENT.items(), (name, added)) == found
    rest = [(other, value) for other, value in SENT.items() if other != name]
    assert grades(*rest, (name, f"{SENT[name]}, {added}")) == found


def test_an_answer_that_other_sites_may_read_is_a_failure() -> None:
    """Only where we did not say so ourselves."""
    line = ("Access-Control-Allow-Origin", "https://stranger.example.net")
    assert grades(*SENT.items(), line) == [Grade.FAILURE]
    ours = {**SENT, line[0]: "*"}
    assert list(judge_headers("/", sent=ours, received=[*SENT.items(), line])) == []


@pytest.mark.parametrize(
    ("value", "is_missed"),
    [
        ("max-age=63072000", False),
        ('includeSubDomains; MAX-AGE = "31536000"', False),
        ("max-age=0", True),
        ("includeSubDomains", True),
        ("no-max-age=9", True),
        (None, True),
    ],
)
def test_https_without_a_promise_of_https_is_a_warning(value: str | None, is_missed: bool) -> None:
    """A time of zero takes the promise back."""
    lines = [("strict-transport-security", value)] if value else []
    assert [found.grade for found in judge_transport(lines)] == [Grade.WARNING] * is_missed
