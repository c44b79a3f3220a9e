"""An identity provider whose words are of no known shape, and people there who choose their own words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from newsletter.errors import IdentityProviderError
from newsletter.store.users import Role, all_users, save_user
from newsletter.web.signin.attempts import PER_NETWORK
from tests.factories.editors import ADDRESS, NOW, Office
from tests.integration.test_identity_provider import come_back, office_with
from tests.servers.identity_provider import unsigned

NEW_USERS = 'allow = ["@press.example.org", "boss@example.org"]\nnew_users = "editor"'
SHARP_S, LONG_S = "\N{LATIN SMALL LETTER SHARP S}", "\N{LATIN SMALL LETTER LONG S}"
OVER = PER_NETWORK.per + timedelta(seconds=1)
LONE = "\ud800"


def users(office: Office) -> dict[str, str]:
    """The names of the users by their addresses."""
    with office.site.database.transaction(read_only=True) as connection:
        return {user.address: user.name for user in all_users(connection)}


@pytest.mark.parametrize(
    "address",
    [
        f"eve@pre{SHARP_S}.example.org",
        f"bo{SHARP_S}@example.org",
        f"bos{LONG_S}@example.org",
        "eve@evil.example.net@press.example.org",
        '"eve@evil.example.net"@press.example.org',
        "eve@sub.press.example.org",
        "eve@press.example.org.evil.example.net",
        f"a{LONE}b@press.example.org",
        "a\0b@press.example.org",
        "a" * 70_000 + "@press.example.org",
    ],
    ids=lambda address: address.encode("ascii", "backslashreplace").decode()[:40],
)
def test_an_address_like_an_allowed_one_makes_no_account(tmp_path: Path, address: str) -> None:
    """Its domain, or its mailbox, belongs to somebody else, who may have verified it."""
    with office_with(tmp_path, more=NEW_USERS) as (office, provider):
        provider.claims = {}
        provider.user_info = {"sub": "1", "email": address, "email_verified": True}
        assert come_back(office.client, provider).status_code == 403
        assert list(users(office)) == [ADDRESS]


@pytest.mark.parametrize(
    "address", ["Boss@Example.ORG", f"new@pres{LONG_S}.example.org", "new@PRESS.example.org"]
)
def test_other_spellings_of_an_allowed_address_are_allowed(tmp_path: Path, address: str) -> None:
    """Domains are compared as the name system does, and ASCII capitals make no other mailbox."""
    with office_with(tmp_path, more=NEW_USERS) as (office, provider):
        provider.claims = {"email": address, "email_verified": True}
        assert come_back(office.client, provider).status_code == 303


def test_a_plain_mailbox_is_not_the_one_whose_spelling_folds_to_it(tmp_path: Path) -> None:
    """Who verifies boss@ at the provider has not verified the editor's address with a sharp s."""
    with office_with(tmp_path) as (office, provider):
        with office.site.database.transaction() as connection:
            known = f"bo{SHARP_S}@press.example.org"
            save_user(connection, known, name="", role=Role.EDITOR, now=NOW)
        provider.claims = {"email": "boss@press.example.org", "email_verified": True}
        assert come_back(office.client, provider).status_code == 403
        provider.claims = {"email": known, "email_verified": True}
        assert come_back(office.another_browser(), provider).status_code == 303


def test_a_name_loses_what_no_database_or_header_takes(tmp_path: Path) -> None:
    """People choose their names at the provider, where a name may be any string of JSON."""
    with office_with(tmp_path, more=NEW_USERS) as (office, provider):
        provider.claims = {}
        name = f"New\0 {LONE}One\r\nBcc: eve@example.net"
        person = {"email": "new@press.example.org", "email_verified": True, "name": name}
        provider.user_info = {"sub": "1", **person}
        assert come_back(office.client, provider).status_code == 303
        assert users(office)["new@press.example.org"] == "New OneBcc: eve@example.net"


TOKENS = [
    "", "a", "a.b", "a.b.c.d.e", "\N{LATIN SMALL LETTER E WITH ACUTE}.a.b", [1], {"a": 1}, 5, None,
    unsigned({"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "1"}) + ".a.b.c.d",
    unsigned({"alg": "dir", "enc": "A128GCM"}) + "..AAAA.AAAA.AAAA",
]  # fmt: skip

HEADERS = [
    [], None, {}, {"alg": None}, {"alg": ["RS256"]}, {"alg": "NonE"}, {"alg": "ES256", "kid": "1"},
    {"alg": "EdDSA", "kid": "1"}, {"alg": "RS256", "kid": "unknown"}, {"alg": "RS256", "kid": []},
    {"alg": "RS256", "jwk": {}}, {"alg": "RS256", "kid": "1", "crit": ["b64"], "b64": False},
]  # fmt: skip

CLAIMS = [
    {"exp": float("inf")}, {"exp": float("nan")}, {"exp": -1}, {"nbf": "x"}, {"nbf": []},
    {"aud": 5}, {"aud": {"press": 1}}, {"aud": [["press"]]}, {"aud": ["press", "else"]}, {"azp": 5},
    {"azp": "else"}, {"nonce": ["x"]}, {"nonce": 0}, {"at_hash": 5}, {"at_hash": "x"}, {"amr": "x"},
    {"auth_time": "x"}, {"sub": 5}, {"sub": []}, {"iss": []}, {"jti": []},
]  # fmt: skip


def test_no_shape_of_a_token_signs_in_or_fails_unforeseen(tmp_path: Path) -> None:
    """Each is refused on the page that says so: tokens, heads of tokens, and claims."""
    with office_with(tmp_path) as (office, provider):

        def answers(**flaw: Any) -> int:
            provider.changes, provider.replaced, provider.head = {}, {}, ()
            for name, value in flaw.items():
                setattr(provider, name, value)
            office.now += OVER  # so that the attempts of this network do not add up
            return come_back(office.another_browser(), provider).status_code

        provider.now = lambda: office.now
        assert answers() == 303
        assert answers(changes={"aud": ["press", "else"], "azp": "press"}) == 303
        for token in TOKENS:
            assert answers(replaced={"id_token": token}) == 503, token
        for head in HEADERS:
            assert answers(head=(head,)) == 503, head
        for claims in CLAIMS:
            assert answers(changes=claims) == 503, claims


DESCRIPTIONS: list[dict[str, Any]] = [
    {"authorization_endpoint": "https://["},
    {"authorization_endpoint": f"https://id.example.org/{LONE}"},
    {"authorization_endpoint": "https://id.example.org/\r\nX: y"},
    {"token_endpoint": "https://["},
    {"token_endpoint": 5},
    {"userinfo_endpoint": 5},
    {"issuer": [1]},
]


@pytest.mark.parametrize("metadata", DESCRIPTIONS, ids=ascii)
def test_a_description_of_no_known_shape_is_refused(
    tmp_path: Path, metadata: dict[str, Any]
) -> None:
    """By the page that says that the provider cannot be used."""
    with office_with(tmp_path) as (office, provider):
        provider.metadata = metadata
        answer = office.client.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "Press ID did not sign you in" in answer.text


@pytest.mark.parametrize("methods", [None, 5, "x"])
def test_methods_that_cannot_be_read_are_those_of_the_standard(
    tmp_path: Path, methods: object
) -> None:
    """A provider that does not say takes Basic (Discovery 1.0 section 3)."""
    with office_with(tmp_path) as (office, provider):
        provider.metadata["token_endpoint_auth_methods_supported"] = methods
        assert come_back(office.client, provider).status_code == 303
        assert "basic" in provider.asked[0]


def test_a_crowd_asks_a_provider_once(tmp_path: Path) -> None:
    """Its description is read by the first; whoever comes meanwhile waits for what that finds."""
    with office_with(tmp_path) as (office, server):
        server.metadata = {"jwks_uri": None}
        provider = office.app.state.auth_context.provider

        async def come() -> list[object]:
            crowd = [provider.sign_in_url(provider.new_request(), NOW) for _ in range(12)]
            return await asyncio.gather(*crowd, return_exceptions=True)

        found = asyncio.run(come())
        assert [type(one) for one in found] == [IdentityProviderError] * 12
        assert len(server.read) == 1
