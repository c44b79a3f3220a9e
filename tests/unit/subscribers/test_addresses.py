from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from subscribers.addresses import masked, parse_address
from subscribers.errors import AddressError


@pytest.mark.parametrize(
    ("written", "text", "key"),
    [
        (" Jo.Doe@Example.ORG ", "Jo.Doe@example.org", "jo.doe@example.org"),
        ("leser@bücher.example", "leser@bücher.example", "leser@bücher.example"),
        ("leser@xn--bcher-kva.example", "leser@bücher.example", "leser@bücher.example"),
        ("伝言@例え.example", "伝言@例え.example", "伝言@例え.example"),
        ("Ähre@example.org", "Ähre@example.org", "ähre@example.org"),
    ],
)
def test_an_address_keeps_its_local_part_and_is_known_by_one_key(
    written: str, text: str, key: str
) -> None:
    """Case and the spelling of the domain make no second person; IDN and SMTPUTF8 are kept."""
    address = parse_address(written)
    assert (address.text, address.key) == (text, key)


def test_two_domains_that_fold_alike_stay_two() -> None:
    """straße.example and strasse.example have two owners."""
    assert parse_address("jo@straße.example").key != parse_address("jo@strasse.example").key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jo",
        "jo@",
        "@example.org",
        "Jo <jo@example.org>",
        "jo@example.org, mo@example.org",
        "jo@example.org\r\nBcc: mo@example.org",
        "jo\x00@example.org",
        '"jo mo"@example.org',
        "jo@[192.0.2.1]",
        "jo@localhost",
        "j" * 65 + "@example.org",
        "jo@" + "a" * 64 + ".example.org",
    ],
)
def test_what_cannot_be_written_to_is_refused(text: str) -> None:
    """Only one bare address passes, so that nothing can ride along into a header."""
    with pytest.raises(AddressError):
        parse_address(text)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    """A stranger's input ends in no other error, and an address reads back as itself."""
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert parse_address(address.text) == address
    assert not set("\r\n\x00 <>,") & set(address.text)


PIECES = st.sampled_from(
    ["jo", "a" * 30, "b" * 64, ".", "+", "-", "_", "@", "1", "example", "org", "xn--", "B"]
)


@given(
    st.lists(PIECES, max_size=12).map("".join),
    st.sampled_from(["", "@example.org", "@" + ".".join(["d" * 60] * 4)]),
)
def test_the_short_way_for_plain_addresses_comes_out_the_same(start: str, end: str) -> None:
    """Most addresses are not given to the checker: it would say the same of each."""
    text = start + end
    try:
        valid = validate_email(text, strict=True, check_deliverability=False)
    except EmailNotValidError:
        with pytest.raises(AddressError):
            parse_address(text)
        return
    assert parse_address(text).text == valid.normalized
    assert parse_address(text).key == f"{valid.local_part.casefold()}@{valid.domain}"


def test_a_masked_address_tells_only_its_owner_something() -> None:
    """The first letters and the top domain are all that is shown."""
    assert masked("jane.doe@mail.example.org") == "j•••@m•••.org"
