"""Addresses in newsletter.toml: the short way agrees with the checker."""

from __future__ import annotations

import email_validator
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.addresses import SPECIAL, checked_address
from newsletter.config.sender import _parse_header, parse_sender

PARTS = st.lists(
    st.sampled_from(
        ["a", "news", "x-y", "a--b", "ab--c", "xn--bcher-kva", "-", "--", ".", "..", "@", "_", "+",
         "A", "9", "org", "test", "local", "example", "bücher", " ", "'", "%", '"', "a" * 63, "b" * 64]
    ),
    max_size=9,
).map("".join)  # fmt: skip


def by_the_checker(text: str) -> str | None:
    """What email_validator makes of it; None where it is not valid."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def by_us(text: str) -> str | None:
    """What we make of it; None where it is not valid."""
    try:
        return checked_address(text)
    except ValueError:
        return None


@given(local=PARTS, domain=PARTS, ending=st.sampled_from(["", ".org", ".example", ".test", ".o-g"]))
def test_the_short_way_agrees_with_the_checker(local: str, domain: str, ending: str) -> None:
    """Whatever is read without email_validator is what email_validator would have said."""
    text = f"{local}@{domain}{ending}"
    assert by_us(text) == by_the_checker(text)


def test_every_special_domain_is_left_to_the_checker() -> None:
    """A release of email_validator that knows more of them is noticed here."""
    names = {name.rpartition(".")[2] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES}
    assert names <= SPECIAL


@pytest.mark.parametrize(
    "text",
    ["News <a@example.org>", "Good Gear Weekly <w@news.example.org>", "9 to 5 <x.y+z@e.example>"],
)
def test_a_plain_sender_is_read_as_the_parser_of_headers_reads_it(text: str) -> None:
    """Plain words before an address need no parser, and mean the same."""
    read = parse_sender(text)
    assert (read.name, read.address) == _parse_header(text)
