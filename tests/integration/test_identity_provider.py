"""Sign-in by an identity provider over real HTTP: our own, which can misbehave, and somebody else's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from newsletter.store import audit
from newsletter.store.users import Role, all_users, save_user
from newsletter.web.signin.attempts import PER_NETWORK
from newsletter.web.signin.identity_provider import PAUSE
from tests.factories.editors import ADDRESS, NOW, Office, add_editor, open_office
from tests.factories.site import make_site
from tests.servers.identity_provider import CLIENT, SECRET, Provider, identity_provider
from tests.servers.ports import await_port, free_port
from tests.servers.web import web_client

URL = "https://news.example.org"


def tables(issuer: str, more: str = f'client_secret = "{SECRET}"') -> str:
    """The configuration of a provider."""
    return f"""
[sign_in.oidc]
name = "Press ID"
issuer = "{issuer}"
client_id = "{CLIENT}"
{more}
"""


@contextmanager
def office_with(
    folder: Path, *, more: str = f'client_secret = "{SECRET}"', **settings: Any
) -> Iterator[tuple[Office, Provider]]:
    """A site with a provider and one publisher."""
    with identity_provider(lambda: NOW) as provider:
        site = make_site(folder, now=NOW, tables=tables(provider.url, more), **settings)
        with open_office(site) as office:
            office.add()
            yield office, provider


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Office, Provider]]:
    """A site at which a provider may be used by its users."""
    with office_with(tmp_path) as pair:
        yield pair


def leave(browser: httpx2.Client, next_page: str = "") -> str:
    """Press the link of the sign-in page; returns where the provider would be."""
    answer = browser.get("/sign-in/provider", params={"next": next_page} if next_page else None)
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(browser: httpx2.Client, provider: Provider, next_page: str = "") -> httpx2.Response:
    """Go to the provider, sign in there, and come back."""
    back = provider.authorize(leave(browser, next_page))
    return browser.get(back.removeprefix(URL))


def recorded(office: Office) -> list[tuple[str, str]]:
    """What the record says, oldest first."""
    with office.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=100)
    return [(entry.what, entry.detail) for entry in reversed(found)]


def test_the_provider_signs_a_user_in(office: tuple[Office, Provider]) -> None:
    """With PKCE, state and nonce; the browser comes back to the page it wanted."""
    site, provider = office
    assert "Sign in with Press ID" in site.client.get("/sign-in").text
    answer = come_back(site.client, provider, "/account?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    assert ADDRESS in site.client.get("/account").text
    assert recorded(site) == [("sign in", "by Press ID, A browser, from 127.0.0.0/24")]
    asked = provider.asked[0]
    assert asked["basic"] == f"{CLIENT}:{SECRET}"
    assert len(asked["code_verifier"]) >= 43


@pytest.mark.parametrize(
    ("methods", "more", "sent"),
    [
        (["client_secret_post"], f'client_secret = "{SECRET}"', ("client_secret", SECRET)),
        (["none"], "", ("client_id", CLIENT)),
    ],
)
def test_the_client_shows_itself_as_the_provider_wants(
    tmp_path: Path, methods: list[str], more: str, sent: tuple[str, str]
) -> None:
    """In the form where it does not take Basic; a public client has no secret to show."""
    with office_with(tmp_path, more=more) as (office, provider):
        provider.metadata["token_endpoint_auth_methods_supported"] = methods
        assert come_back(office.client, provider).status_code == 303
        assert provider.asked[0][sent[0]] == sent[1]
        assert "basic" not in provider.asked[0]


def test_the_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """As other secrets of the configuration."""
    (tmp_path / "oidc.secret").write_text(f"{SECRET}\n")
    with office_with(tmp_path, more='client_secret_file = "oidc.secret"') as (office, provider):
        assert come_back(office.client, provider).status_code == 303
        assert provider.asked[0]["basic"] == f"{CLIENT}:{SECRET}"


CLOCK = int(NOW.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example.net"}, {"iss": None},
        {"aud": "somebody else"}, {"aud": ["press", "else"], "azp": "else"}, {"aud": None},
        {"exp": CLOCK - 3600}, {"exp": None}, {"exp": "soon"}, {"iat": CLOCK + 3600}, {"sub": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    office: tuple[Office, Provider], changes: dict[str, Any]
) -> None:
    """Whoever it is for, and however well it is signed."""
    site, provider = office
    provider.changes = changes
    answer = come_back(site.client, provider)
    assert answer.status_code == 503
    assert "Press ID did not sign you in" in answer.text
    assert site.client.get("/account").status_code == 303


@pytest.mark.parametrize("flaw", ["wrong_key", "unsigned", "by_client_secret", "by_public_key"])
def test_a_token_that_the_provider_has_not_signed_is_refused(
    office: tuple[Office, Provider], flaw: str
) -> None:
    """Nor one that is not signed at all, or by what others know, in another algorithm."""
    site, provider = office
    setattr(provider, flaw, True)
    assert come_back(site.client, provider).status_code == 503
    assert site.client.get("/account").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"email": ADDRESS},
        {"email": ADDRESS, "email_verified": False},
        {"email": ADDRESS, "email_verified": "false"},
        {"email": ADDRESS, "email_verified": 1},
        {"email": "who@example.org", "email_verified": True},
        {"email": f"{ADDRESS}, eve@example.net", "email_verified": True},
        {"email": [ADDRESS], "email_verified": True},
        {"email_verified": True},
        {},
    ],
    ids=str,
)
def test_only_a_verified_address_of_a_user_signs_in(
    office: tuple[Office, Provider], claims: dict[str, Any]
) -> None:
    """An address that its owner has only typed at the provider could be anybody's; no account is made."""
    site, provider = office
    provider.claims = claims
    answer = come_back(site.client, provider)
    assert answer.status_code == 403
    assert "You may not sign in here" in answer.text
    with site.site.database.transaction(read_only=True) as connection:
        assert [user.address for user in all_users(connection)] == [ADDRESS]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"sub": "1", "email": ADDRESS, "email_verified": True}, 303),
        ({"sub": "1", "email": ADDRESS, "email_verified": "true"}, 303),
        ({"sub": "2", "email": ADDRESS, "email_verified": True}, 403),
        ({"email": ADDRESS, "email_verified": True}, 403),
    ],
)
def test_an_address_outside_the_token_is_asked_for(
    office: tuple[Office, Provider], said: dict[str, Any], status: int
) -> None:
    """Some providers keep it out of the token; what they say then must be of the same person."""
    site, provider = office
    provider.claims, provider.user_info = {}, said
    assert come_back(site.client, provider).status_code == status


def test_a_slash_at_the_end_of_the_issuer_does_not_matter(tmp_path: Path) -> None:
    """Neither in the configuration nor in what the provider calls itself."""
    with office_with(tmp_path) as (office, provider):
        provider.metadata["issuer"] = provider.changes["iss"] = f"{provider.url}/"
        assert come_back(office.client, provider).status_code == 303


def test_nobody_comes_back_who_has_not_left(office: tuple[Office, Provider]) -> None:
    """A link with a stranger's code signs nobody in as the stranger; a way back works once."""
    site, provider = office
    stranger = provider.authorize(leave(site.another_browser())).removeprefix(URL)
    assert site.client.get(stranger).status_code == 403
    leave(site.client)
    assert site.client.get(stranger).status_code == 403
    back = provider.authorize(leave(site.client)).removeprefix(URL)
    assert site.client.get(back).status_code == 303
    assert site.client.get(back).status_code == 403
    late = provider.authorize(leave(site.client)).removeprefix(URL)
    site.now += timedelta(minutes=10)
    assert site.client.get(late).status_code == 403


def test_strangers_cannot_have_the_provider_asked_without_end(
    office: tuple[Office, Provider],
) -> None:
    """Codes are tried thirty times from a network; its description is read once, or every ten seconds."""
    site, provider = office
    provider.metadata = {"jwks_uri": None}
    for _ in range(5):
        assert site.client.get("/sign-in/provider").status_code == 503
    assert len(provider.read) == 1
    provider.metadata = {}
    site.now += PAUSE
    codes = []
    for _ in range(PER_NETWORK.most + 3):
        back = provider.authorize(leave(site.client)).removeprefix(URL)
        codes.append(site.client.get(back.replace("code=", "code=x")).status_code)
    assert codes == [503] * PER_NETWORK.most + [429] * 3
    assert len(provider.read) == 2


def test_a_refusal_of_the_provider_is_said(office: tuple[Office, Provider]) -> None:
    """Who changes their mind there sees the sign-in page; a provider that is away does not break it."""
    site, provider = office
    state = re.search(r"state=([^&]+)", leave(site.client))
    assert state is not None
    answer = site.client.get(f"/sign-in/provider/answer?error=access_denied&state={state[1]}")
    assert answer.status_code == 403
    assert "Press ID did not sign you in" in answer.text
    provider.answers = 500
    assert come_back(site.client, provider).status_code == 503


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example.net"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_description_that_does_not_fit_is_refused(
    office: tuple[Office, Provider], metadata: dict[str, Any]
) -> None:
    """Nobody is sent anywhere by it."""
    site, provider = office
    provider.metadata = metadata
    answer = site.client.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "Press ID did not sign you in" in answer.text


def test_the_provider_is_asked_through_the_guard(office: tuple[Office, Provider]) -> None:
    """Its own host is the operator's word; another private one that it names is not asked."""
    site, provider = office
    with identity_provider(lambda: NOW) as other:
        provider.metadata = {"token_endpoint": f"{other.url}/token"}
        assert come_back(site.client, provider).status_code == 503
        assert other.asked == []


@pytest.mark.parametrize(
    ("allow", "status"),
    [('["@press.example.org"]', 303), (f'["{ADDRESS.title()}"]', 303), ('["@example.org"]', 403)],
)
def test_addresses_and_domains_are_limited(tmp_path: Path, allow: str, status: int) -> None:
    """A domain does not stand for those below it."""
    with office_with(tmp_path, more=f"allow = {allow}") as (office, provider):
        assert come_back(office.client, provider).status_code == status


def test_accounts_are_made_where_the_site_says_so(tmp_path: Path) -> None:
    """For allowed addresses only, with the role and the name; the record says by whom."""
    more = 'allow = ["@press.example.org"]\nnew_users = "editor"'
    with office_with(tmp_path, more=more) as (office, provider):
        provider.claims = {"email": "new@press.example.org", "email_verified": True, "name": "New"}
        assert come_back(office.client, provider).status_code == 303
        with office.site.database.transaction(read_only=True) as connection:
            made = {user.address: (user.role, user.name) for user in all_users(connection)}
        assert made["new@press.example.org"] == ("editor", "New")
        assert recorded(office)[0] == (
            "add user",
            "new@press.example.org (editor), recognised by Press ID",
        )
        provider.claims["email"] = "new@example.net"
        assert come_back(office.another_browser(), provider).status_code == 403


def test_another_mailbox_of_a_similar_spelling_is_somebody_else(tmp_path: Path) -> None:
    """A provider that verifies it has not verified the editor's; a capital letter is no other mailbox."""
    long_s = "\N{LATIN SMALL LETTER LONG S}"
    with office_with(tmp_path) as (office, provider):
        with office.site.database.transaction() as connection:
            save_user(connection, "sam@press.example.org", name="", role=Role.EDITOR, now=NOW)
        provider.claims = {"email": f"{long_s}am@press.example.org", "email_verified": True}
        assert come_back(office.client, provider).status_code == 403
        provider.claims["email"] = "Sam@press.example.org"
        assert come_back(office.another_browser(), provider).status_code == 303


def test_without_a_provider_there_are_no_such_pages(tmp_path: Path) -> None:
    """Nor is there a link to them."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        assert office.client.get("/sign-in/provider").status_code == 404
        assert office.client.get("/sign-in/provider/answer").status_code == 404
        assert "/sign-in/provider" not in office.client.get("/sign-in").text


@contextmanager
def somebody_elses() -> Iterator[str]:
    """The address of a provider that others have written, in a process of its own."""
    port = free_port()
    code = f"from oidc_provider_mock.__main__ import run; run(['--port', '{port}'])"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await_port(port, "the provider")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_a_provider_of_somebody_elses_signs_in(tmp_path: Path) -> None:
    """By its own pages, from the link to the desk."""
    with somebody_elses() as issuer, web_client() as person:
        site = make_site(tmp_path, now=NOW, tables=tables(issuer))
        add_editor(site)
        person.put(f"{issuer}/users/ed", json={"email": ADDRESS, "email_verified": True})
        with open_office(site) as office:
            office.now = datetime.now(UTC)
            url = leave(office.client)
            assert "Authorize" in person.get(url).text
            back = person.post(url, data={"sub": "ed"})
            assert back.status_code == 302
            path = unescape(back.headers["location"]).removeprefix(URL)
            assert urlsplit(path).path == "/sign-in/provider/answer"
            assert office.client.get(path).status_code == 303
            assert ADDRESS in office.client.get("/account").text
