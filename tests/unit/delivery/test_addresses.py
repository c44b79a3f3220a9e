from __future__ import annotations

import pytest

from newsletter.delivery.addresses import ascii_domain, needs_smtputf8, wire_address
from newsletter.errors import InputError


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("reader@example.net", "reader@example.net"),
        ("first.last+tag@example.net", "first.last+tag@example.net"),
        ("o'neil@example.net", "o'neil@example.net"),
        ("leser@bücher.example", "leser@xn--bcher-kva.example"),
        ("用户@例子.test", "用户@xn--fsqu00a.test"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_domains_become_ascii(address: str, wire: str) -> None:
    """A domain of any script stands as A-labels on the wire; the local part stays."""
    assert wire_address(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.net",
        "a@b@example.net",
        "a b@example.net",
        "reader@example.net\r\nBcc: other@example.net",
        "reader@example.net\n",
        "reader@exam ple.net",
        "<reader@example.net>",
        "a..b@example.net",
        '"a b"@example.net',
        "rea\u202eder@example.net",
        "rea\u2028der@example.net",
        "rea\x00der@example.net",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """An address that could end a header or an SMTP command never gets near one."""
    with pytest.raises(InputError) as caught:
        wire_address(address)
    assert caught.value.problem.fix


def test_only_a_foreign_local_part_needs_smtputf8() -> None:
    """A foreign domain can be written in ASCII, a foreign local part cannot."""
    assert needs_smtputf8("用户@example.net")
    assert not needs_smtputf8("leser@bücher.example")


def test_a_domain_is_named_when_it_is_none() -> None:
    """The error speaks of the domain, not of an address made up around it."""
    with pytest.raises(InputError, match="'no domain' is not a valid domain"):
        ascii_domain("no domain")
