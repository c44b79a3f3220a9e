from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.passkeys import Passkey
from newsletter.store.users import Editor, Role
from newsletter.web.signin.passkeys import (
    PasskeyError,
    claimed_by,
    may_be_copied,
    new_passkey,
    relying_party,
    signed_count,
)

PARTY = relying_party("https://news.example.org", "The Weekly")
TEXT = st.text(max_size=50)
RESPONSE = st.dictionaries(
    st.sampled_from(
        ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
    ),
    st.one_of(TEXT, st.none(), st.integers(), st.binary(max_size=200).map(lambda one: one.hex())),
)
ANSWER = st.one_of(
    TEXT,
    st.fixed_dictionaries(
        {},
        optional={"id": TEXT, "rawId": TEXT, "type": st.just("public-key"), "response": RESPONSE},
    ).map(json.dumps),
)
PASSKEY = Passkey(
    id=1,
    editor=Editor(id=1, address="ed@example.org", name="Ed", role=Role.EDITOR),
    credential_id="AAAA",
    user_handle="AAAA",
    public_key=b"not a key",
    sign_count=0,
    name="laptop",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
    last_used_at=None,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://news.example.org", ("news.example.org", "https://news.example.org")),
        ("https://news.example.org:443/newsletter", ("news.example.org", "https://news.example.org")),
        ("https://News.Example.org:8443", ("news.example.org", "https://news.example.org:8443")),
        ("http://localhost:8000/a", ("localhost", "http://localhost:8000")),
        ("https://xn--bcher-kva.example.org", ("xn--bcher-kva.example.org", "https://xn--bcher-kva.example.org")),
        ("http://news.example.org", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]:8000", None),
        ("http://127.0.0.1:8000", None),
    ],
)  # fmt: skip
def test_passkeys_are_for_the_host_of_the_site(url: str, expected: tuple[str, str] | None) -> None:
    """Its port is part of the origin unless it is the usual one; browsers want https and a name."""
    party = relying_party(url, "The Weekly")
    assert (party and (party.id, party.origin)) == expected


@pytest.mark.parametrize(
    ("before", "now", "copied"),
    [(0, 0, False), (0, 1, False), (1, 2, False), (1, 9, False), (2, 2, True), (2, 1, True), (2, 0, True)],
)  # fmt: skip
def test_a_count_that_does_not_grow_is_a_copy(before: int, now: int, copied: bool) -> None:
    """Except for devices that do not count."""
    assert may_be_copied(before=before, now=now) is copied


@given(ANSWER)
def test_whatever_a_stranger_sends_is_refused_by_name(answer: str) -> None:
    """No other error comes out of the library, and nothing passes."""
    assert PARTY is not None
    with pytest.raises(PasskeyError):
        new_passkey(PARTY, "AAAA", answer)
    with pytest.raises(PasskeyError):
        signed_count(PARTY, "AAAA", answer, PASSKEY)
    try:
        claimed = claimed_by(answer)
    except PasskeyError:
        return
    assert claimed.credential_id == json.loads(answer)["id"]
