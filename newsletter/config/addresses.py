"""E-mail addresses in newsletter.toml; simple ones are checked without email_validator.

Every command reads the configuration, and email_validator takes longer to load than all of our
own settings. Addresses that it would accept unchanged are recognised by their form.
"""

from __future__ import annotations

import re

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:(?!-)[a-z0-9]|-(?=[a-z0-9])){0,62}"
_PLAIN = re.compile(
    rf"(?=.{{3,200}}\Z)(?=[^@]{{1,64}}@){_ATEXT}(?:\.{_ATEXT})*@(?:{_LABEL}\.)+([a-z]+)"
)
"""A dot-atom at a host name in lower case, which needs no normalisation."""

SPECIAL = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Top-level domains without mail (such as those of RFC 6761): email_validator explains why."""


def checked_address(text: str) -> str:
    """The address in its normal form; raises ValueError with the reason when it is not valid."""
    plain = _PLAIN.fullmatch(text)
    if plain is not None and plain[1] not in SPECIAL:
        return text
    from email_validator import validate_email

    # EmailNotValidError is a ValueError.
    return validate_email(text, check_deliverability=False).normalized
