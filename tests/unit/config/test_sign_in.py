from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from newsletter.config.sign_in import OidcSettings

KEYS = {"name": "Press ID", "issuer": "https://id.example.org", "client_id": "press"}


def provider(**keys: Any) -> OidcSettings:
    """The settings of a provider."""
    return OidcSettings.model_validate({**KEYS, **keys})


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"issuer": "http://id.example.org"}, "https://"),
        ({"allow": ["example.org"]}, "@example.org"),
        ({"allow": ["@"]}, "neither an address nor a domain"),
        ({"allow": ["ed@"]}, "neither an address nor a domain"),
        ({"new_users": "editor"}, "needs allow"),
        ({"new_users": "owner", "allow": ["@example.org"]}, "editor"),
        ({"client_secret": ""}, "character"),
    ],
)
def test_a_mistake_is_named(keys: dict[str, Any], word: str) -> None:
    """What it is, or what to write instead."""
    with pytest.raises(ValidationError, match=word):
        provider(**keys)


@pytest.mark.parametrize(
    ("allow", "address", "allowed"),
    [
        ([], "ed@example.org", True),
        (["@example.org"], "Ed@Example.org", True),
        (["@Example.org"], "ed@example.org", True),
        (["@example.org"], "ed@news.example.org", False),
        (["@example.org"], "ed@badexample.org", False),
        (["Ed@example.org"], "ed@example.org", True),
        (["ed@example.org"], "fred@example.org", False),
    ],
)
def test_addresses_and_domains_are_allowed(allow: list[str], address: str, allowed: bool) -> None:
    """As people write them; a domain is exactly that one."""
    assert provider(allow=allow).allows(address) is allowed


def test_the_secret_is_shown_nowhere() -> None:
    """Not even in a traceback."""
    assert "hidden" not in repr(provider(client_secret="hidden"))
