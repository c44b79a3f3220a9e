"""Signing in with an access token, to real SMTP and IMAP servers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.config.settings import ImapSettings
from newsletter.delivery.access_tokens import AccessTokens, tokens_of
from newsletter.delivery.connecting import connect
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.transport import Connection
from newsletter.errors import AccessTokenError, RelayUnavailableError
from newsletter.listening import _imap_folder
from newsletter.store.database import Database
from tests.factories.ledger import planned_ledger
from tests.factories.sending import QUICK, send
from tests.servers.imap import USER, imap_server
from tests.servers.smtp import Catcher, smtp_server
from tests.servers.tokens import TokenCatcher, TokenIssuer, token_server

MECHANISMS = pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])


@pytest.fixture
def issuer() -> Iterator[TokenIssuer]:
    """A server that issues access tokens."""
    with token_server() as issuer:
        yield issuer


@pytest.fixture
def refresh_token(tmp_path: Path) -> Path:
    """The file of the refresh token."""
    path = tmp_path / "refresh.token"
    path.write_text("refresh-1\n")
    return path


def signing_in(
    issuer: TokenIssuer, refresh_token: Path, mechanism: str = "xoauth2"
) -> dict[str, object]:
    """The keys of a relay or mailbox that signs in with the issuer's tokens."""
    oauth = {
        "client_id": "news",
        "client_secret": "secret",
        "refresh_token_file": str(refresh_token),
        "token_url": issuer.url,
    }
    return {"username": "news@example.org", "auth": mechanism, "oauth": oauth}


def kept(refresh_token: Path) -> tuple[str, int, list[str]]:
    """The file's content, its mode, and what lies beside it."""
    names = [path.name for path in refresh_token.parent.iterdir()]
    return refresh_token.read_text(), refresh_token.stat().st_mode & 0o777, names


@MECHANISMS
async def test_a_relay_is_signed_in_to_with_one_token_for_all_connections(
    sqlite_database: Database, issuer: TokenIssuer, refresh_token: Path, mechanism: str
) -> None:
    """The token is obtained once, while it is valid."""
    ledger = planned_ledger(sqlite_database, readers=10)
    async with smtp_server(TokenCatcher(accepts={"token-1"}), auth_require_tls=False) as catcher:
        relay = catcher.relay(
            **signing_in(issuer, refresh_token, mechanism), messages_per_connection=2
        )
        report = await send(ledger, relay)
    assert (report.accepted, len(issuer.asked)) == (10, 1)
    assert catcher.connections > 2
    assert issuer.asked[0] == {
        "grant_type": ["refresh_token"],
        "client_id": ["news"],
        "client_secret": ["secret"],
        "refresh_token": ["refresh-1"],
    }


async def test_the_words_are_those_of_the_standards(
    issuer: TokenIssuer, refresh_token: Path
) -> None:
    """RFC 7628 section 3.1, and the older form that Google and Microsoft document."""
    said = []
    async with smtp_server(
        TokenCatcher(accepts={"token-1", "token-2"}), auth_require_tls=False
    ) as catcher:
        for mechanism in ("oauthbearer", "xoauth2"):
            relay = catcher.relay(**signing_in(issuer, refresh_token, mechanism))
            connection = await connect(relay, None, "client.example.org", QUICK, tokens_of(relay))
            assert isinstance(connection, Connection)
            await connection.quit()
            said.append(catcher.tried[-1])
    assert said == [
        b"n,a=news@example.org,\x01host=127.0.0.1\x01port=%d\x01auth=Bearer token-1\x01\x01"
        % catcher.port,
        b"user=news@example.org\x01auth=Bearer token-2\x01\x01",
    ]


@MECHANISMS
async def test_a_token_that_was_withdrawn_is_replaced_once(
    issuer: TokenIssuer, refresh_token: Path, mechanism: str
) -> None:
    """The relay refuses the kept token (334, then 535), and gets a new one."""
    async with smtp_server(TokenCatcher(accepts={"token-1"}), auth_require_tls=False) as catcher:
        relay = catcher.relay(**signing_in(issuer, refresh_token, mechanism))
        tokens = tokens_of(relay)
        first = await connect(relay, None, "client.example.org", QUICK, tokens)
        catcher.accepts = {"token-2"}
        second = await connect(relay, None, "client.example.org", QUICK, tokens)
        catcher.accepts = set()
        third = await connect(relay, None, "client.example.org", QUICK, tokens)
        for connection in (first, second):
            assert isinstance(connection, Connection)
            connection.abort()
    assert isinstance(third, Outcome)
    assert (third.code, third.text) == (535, "5.7.8 Authentication credentials invalid 401")
    assert len(issuer.asked) == 3  # no token is asked for a third time


async def test_a_new_refresh_token_replaces_the_old_one(
    issuer: TokenIssuer, refresh_token: Path
) -> None:
    """As Microsoft does: the old one would expire, and nobody else may read the new one."""
    issuer.renews, issuer.lasts = True, 0
    async with smtp_server(
        TokenCatcher(accepts={"token-1", "token-2"}), auth_require_tls=False
    ) as catcher:
        relay = catcher.relay(**signing_in(issuer, refresh_token))
        tokens = tokens_of(relay)
        for _ in range(2):
            connection = await connect(relay, None, "client.example.org", QUICK, tokens)
            assert isinstance(connection, Connection)
            connection.abort()
    assert kept(refresh_token) == ("refresh-3\n", 0o600, ["refresh.token"])


async def test_an_expired_refresh_token_says_what_to_do(
    sqlite_database: Database, issuer: TokenIssuer, refresh_token: Path
) -> None:
    """The send ends, nothing is lost, and the error names the file to write."""
    issuer.refresh_token = "a newer one"
    ledger = planned_ledger(sqlite_database, readers=2)
    async with smtp_server(TokenCatcher(), auth_require_tls=False) as catcher:
        relay = catcher.relay(**signing_in(issuer, refresh_token))
        report = await send(ledger, relay)
    assert "invalid_grant" in str(report.paused)
    assert "sign in again and write the new one to refresh_token_file" in str(report.paused)
    assert report.accepted == 0


async def test_what_does_not_pass_by_itself_pauses_the_send(
    sqlite_database: Database, issuer: TokenIssuer, refresh_token: Path
) -> None:
    """Microsoft asks for a scope with each request."""
    issuer.refuses = "invalid_request"
    ledger = planned_ledger(sqlite_database, readers=2)
    async with smtp_server(TokenCatcher(), auth_require_tls=False) as catcher:
        report = await send(ledger, catcher.relay(**signing_in(issuer, refresh_token)))
    assert "Microsoft needs scope" in str(report.paused)


async def test_a_server_that_is_down_is_tried_again(
    sqlite_database: Database, issuer: TokenIssuer, refresh_token: Path
) -> None:
    """No token for now is a relay that does not work for now."""
    issuer.refuses = "temporarily_unavailable"
    ledger = planned_ledger(sqlite_database, readers=2)
    async with smtp_server(TokenCatcher(), auth_require_tls=False) as catcher:
        relay = catcher.relay(**signing_in(issuer, refresh_token))
        with pytest.raises(RelayUnavailableError, match="temporarily_unavailable"):
            await send(ledger, relay)


async def test_a_relay_without_tokens_says_what_it_offers(
    issuer: TokenIssuer, refresh_token: Path
) -> None:
    """A password is never sent instead."""
    async with smtp_server(Catcher(), auth_require_tls=False) as catcher:
        relay = catcher.relay(**signing_in(issuer, refresh_token))
        outcome = await connect(relay, None, "client.example.org", QUICK, tokens_of(relay))
    assert isinstance(outcome, Outcome)
    assert "the relay offers login, plain, and not xoauth2" in outcome.text
    assert "AUTH" not in catcher.commands


async def test_a_command_may_print_the_token(tmp_path: Path) -> None:
    """It is run without a shell, once for five minutes; a failure names its exit code."""
    script = tmp_path / "token.py"
    script.write_text(
        "import sys, pathlib\n"
        "runs = pathlib.Path(sys.argv[1]); runs.write_text(runs.read_text() + 'x')\n"
        "print('token-of-a-command')\n"
    )
    runs = tmp_path / "runs"
    runs.write_text("")
    tokens = AccessTokens(f"{sys.executable} {script} {runs}", None)
    assert [await tokens.get(), await tokens.get()] == ["token-of-a-command"] * 2
    assert runs.read_text() == "x"
    tokens.forget()
    assert await tokens.get() == "token-of-a-command"
    assert runs.read_text() == "xx"
    with pytest.raises(AccessTokenError, match="exit code 3"):
        await AccessTokens(f"{sys.executable} -c 'raise SystemExit(3)'", None).get()
    with pytest.raises(AccessTokenError, match="cannot be run"):
        await AccessTokens(str(tmp_path / "nothing"), None).get()


@MECHANISMS
def test_an_imap_folder_is_opened_with_a_token(
    issuer: TokenIssuer, refresh_token: Path, mechanism: str
) -> None:
    """A token that was withdrawn is replaced once there too."""
    with imap_server() as folder:
        folder.accepts = {"token-1"}
        settings = ImapSettings.model_validate(
            {"host": "127.0.0.1", "port": folder.port, "security": "none"}
            | signing_in(issuer, refresh_token, mechanism)
            | {"username": USER}
        )
        mailbox = _imap_folder(settings)
        mailbox.open().logout()
        folder.accepts = {"token-2"}
        mailbox.open().logout()
        folder.accepts = set()
        with pytest.raises(Exception, match=r"the access token is refused: .*401"):
            mailbox.open()
    assert len(issuer.asked) == 3
