"""A relay's own header fields, return path and size, on the wire."""

from __future__ import annotations

import json
from pathlib import Path

import dkim
import pytest

from newsletter.delivery.dkim import Signer
from newsletter.site.lists import list_address_of
from newsletter.store.database import Database
from subscribers.inbound.list_addresses import AddressRole
from tests.factories.delivery import composed, dns_of, ed25519_key, parsed
from tests.factories.ledger import planned_ledger
from tests.factories.runs import HOUR, MONDAY, THURSDAY, run_at
from tests.factories.sending import send
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server

PROVIDERS = ("ses", "mailgun", "sendgrid", "postmark", "brevo", "sparkpost")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_the_fields_precede_the_message_and_its_signature_holds(
    sqlite_database: Database, provider: str
) -> None:
    """Each provider's fields are added outside what DKIM signs."""
    key = ed25519_key()
    message = composed(signer=Signer(keys=(key,)))
    async with smtp_server(Catcher()) as catcher:
        relay = catcher.relay(provider=provider, headers={"X-Campaign": "news"}, rate="1000/s")
        await send(
            planned_ledger(sqlite_database, readers=2),
            relay,
            compose=lambda _claim: message,
            reference=lambda claim: f"weekly_{claim.subscriber_id}-12-abc",
        )
    for caught in catcher.caught:
        assert caught.content.endswith(message)
        assert parsed(caught.content)["X-Campaign"] == "news"
        assert dkim.verify(caught.content, dnsfunc=dns_of(key))
    assert len({caught.content for caught in catcher.caught}) == 2  # each has its own reference


async def test_an_issue_carries_a_signed_reference_for_each_reader(tmp_path: Path) -> None:
    """The provider returns it in its events; it reveals no address."""
    async with smtp_server(Catcher()) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port, relay='provider = "sparkpost"')
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        assert (await run_at(site, MONDAY)).did == "sent"
    references = {
        json.loads(parsed(caught.content)["X-MSYS-API"])["metadata"]["reference"]
        for caught in catcher.caught
    }
    read = [site.return_paths.read_reference(reference) for reference in references]
    assert len(references) == len(READERS)
    assert {(found[0], found[1].number) for found in read if found} == {("weekly", 1)}
    assert site.return_paths.read_reference(references.pop()[:-1] + "x") is None
    site.database.close()


async def test_a_relay_may_permit_one_return_path_only(tmp_path: Path) -> None:
    """Issues and letters use it, and the site receives what comes back to it."""
    async with smtp_server(Catcher()) as catcher:
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            relay='envelope_sender = "news@news.example.org"',
            tables='[inbound]\ndomain = "news.example.org"',
        )
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        await run_at(site, THURSDAY + 3 * HOUR)
        assert (await run_at(site, MONDAY)).did == "sent"
    assert {caught.sender for caught in catcher.caught} == {"news@news.example.org"}
    mailbox = list_address_of(site.settings, "News@news.example.org")
    assert mailbox is not None
    assert mailbox.role is AddressRole.BOUNCES
    site.database.close()


async def test_a_message_larger_than_the_relay_takes_is_not_offered(
    sqlite_database: Database,
) -> None:
    """The configured size counts where it is smaller than the announced one."""
    async with smtp_server(Catcher()) as catcher:
        relay = catcher.relay(max_message_size=1_000)
        report = await send(
            planned_ledger(sqlite_database, readers=1),
            relay,
            compose=lambda _claim: b"Subject: long\r\n\r\n" + b"x" * 70 + b"\r\n" * 600,
        )
    assert (report.accepted, report.rejected) == (0, 1)
    assert catcher.caught == []
