"""Encryption and signing in: with security on, nothing of a message ever goes in clear."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import RelayUnavailableError
from newsletter.store.database import Database
from tests.factories.ledger import planned_ledger, states_of
from tests.factories.sending import send
from tests.factories.tls import Identity, make_identity
from tests.servers.smtp import Catcher, smtp_server


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """A good certificate for 127.0.0.1."""
    return make_identity(tmp_path / "good")


async def test_starttls_encrypts_and_pipelines(
    sqlite_database: Database, identity: Identity
) -> None:
    """After STARTTLS the extensions are asked for again, and every message is encrypted."""
    ledger = planned_ledger(sqlite_database, readers=20)
    async with smtp_server(
        Catcher(), tls_context=identity.context, require_starttls=True
    ) as catcher:
        relay = catcher.relay(security="starttls", ca_file=identity.ca_file)
        report = await send(ledger, relay)
    assert report.accepted == 20
    assert all(message.is_encrypted for message in catcher.caught)


async def test_tls_from_the_first_byte(sqlite_database: Database, identity: Identity) -> None:
    """Security "tls" (RFC 8314): encrypted before the greeting."""
    ledger = planned_ledger(sqlite_database, readers=5)
    async with smtp_server(Catcher(), ssl=identity.context) as catcher:
        report = await send(ledger, catcher.relay(security="tls", ca_file=identity.ca_file))
    assert report.accepted == 5


async def test_a_relay_without_starttls_gets_nothing(sqlite_database: Database) -> None:
    """A man in the middle who strips STARTTLS from the greeting sees no envelope."""
    ledger = planned_ledger(sqlite_database, readers=2)
    async with smtp_server(Catcher()) as catcher:
        with pytest.raises(RelayUnavailableError, match="STARTTLS"):
            await send(ledger, catcher.relay(security="starttls"))
    assert "MAIL" not in catcher.commands
    assert set(states_of(sqlite_database).values()) == {DeliveryState.PENDING}


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["unknown", "other name", "expired"])
async def test_a_certificate_that_does_not_hold_gets_nothing(
    sqlite_database: Database, tmp_path: Path, security: str, flaw: str
) -> None:
    """Self-signed and not trusted, for another name, or expired: no message leaves."""
    served = make_identity(
        tmp_path / "served",
        host="127.0.0.2" if flaw == "other name" else "127.0.0.1",
        expired=flaw == "expired",
    )
    trusted = make_identity(tmp_path / "other") if flaw == "unknown" else served
    options = {"ssl": served.context} if security == "tls" else {"tls_context": served.context}
    ledger = planned_ledger(sqlite_database, readers=2)
    async with smtp_server(Catcher(), **options) as catcher:
        with pytest.raises(RelayUnavailableError, match="certificate"):
            await send(ledger, catcher.relay(security=security, ca_file=trusted.ca_file))
    assert catcher.caught == []
    assert "MAIL" not in catcher.commands


async def test_signing_in(sqlite_database: Database, identity: Identity) -> None:
    """With user name and password, over TLS."""
    ledger = planned_ledger(sqlite_database, readers=3)
    catcher = Catcher(users={"news": "s3cret"})
    async with smtp_server(
        catcher,
        tls_context=identity.context,
        authenticator=catcher.authenticate,
        auth_required=True,
    ):
        relay = catcher.relay(
            security="starttls", ca_file=identity.ca_file, username="news", password="s3cret"
        )
        report = await send(ledger, relay)
    assert report.accepted == 3
    assert {message.login for message in catcher.caught} == {"news"}


async def test_a_wrong_password_pauses_the_run(
    sqlite_database: Database, identity: Identity
) -> None:
    """5xx to AUTH is about us: everything stays pending, and the report says so."""
    ledger = planned_ledger(sqlite_database, readers=3)
    catcher = Catcher(users={"news": "s3cret"})
    async with smtp_server(
        catcher,
        tls_context=identity.context,
        authenticator=catcher.authenticate,
        auth_required=True,
    ):
        relay = catcher.relay(
            security="starttls", ca_file=identity.ca_file, username="news", password="wrong"
        )
        report = await send(ledger, relay)
    assert "AUTH: 535" in report.paused
    assert set(states_of(sqlite_database).values()) == {DeliveryState.PENDING}
