"""Addresses as they are sent on the wire: the domain in ASCII, the local part unchanged."""

from __future__ import annotations

import re

from newsletter.errors import InputError

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\Z")
"""A dot-atom local part (RFC 5322 section 3.2.3) at a host name; quoted local parts are refused."""


def wire_address(address: str) -> str:
    """The address with its domain in A-labels (RFC 5890); raises InputError when it is not valid.

    A non-ASCII local part stays unchanged: see `needs_smtputf8`.
    """
    if _ADDRESS.match(address):
        return address
    if address.isascii():
        raise InputError(f"{address!r} is not an e-mail address", fix="correct or remove it")
    from email_validator import EmailNotValidError, validate_email  # slow to load

    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InputError(
            f"{address!r} is not an e-mail address: {error}", fix="correct or remove it"
        ) from error
    return f"{checked.local_part}@{checked.ascii_domain}"


def needs_smtputf8(address: str) -> bool:
    """Whether only a relay that offers SMTPUTF8 (RFC 6531) can take this recipient."""
    return not address.rpartition("@")[0].isascii()


def ascii_domain(domain: str) -> str:
    """The domain in A-labels (RFC 5890); raises InputError when it is not a valid domain."""
    try:
        return wire_address(f"list@{domain}").rpartition("@")[2]
    except InputError as error:
        raise InputError(
            f"{domain!r} is not a valid domain", fix="write one such as news.example.org"
        ) from error
