"""test: send one marked message to an allowed address, without changing any state."""

from __future__ import annotations

import asyncio
from datetime import datetime

from newsletter.config.settings import NewsletterSettings
from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.send_one import send_one
from newsletter.errors import NotPermittedError, RelayUnavailableError
from newsletter.site.editions import complete_group, current_editions
from newsletter.site.messages import envelope_sender, headers_for, signer_of, specimen_addressee
from newsletter.site.site import Site
from newsletter.store import issues as issue_store

MARK = "[TEST] "


def send_test(site: Site, slug: str, number: int | None, *, to: str, now: datetime) -> Receipt:
    """Send the complete edition, marked in its subject, to one address the site allows.

    Its links are direct, so that trying them is not counted. Raises NotPermittedError for any
    other address, RelayUnavailableError when no relay accepts the message.
    """
    newsletter = site.newsletter(slug)
    require_allowed(newsletter, site.settings.site.allow_test, to)
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    edition = current_editions(site, issue, (complete_group(site, issue),))[0].uncounted
    compiled = compile_edition(edition, headers_for(site, issue, now, mark=MARK))
    return send_specimen(site, slug, compiled, to=to, now=now)


def send_specimen(
    site: Site, slug: str, compiled: CompiledEdition, *, to: str, now: datetime
) -> Receipt:
    """Send one copy with specimen links. Raises RelayUnavailableError when no relay accepts it."""
    reader = specimen_addressee(site, address=to, name="")
    receipt = asyncio.run(
        send_one(
            site.settings.relays,
            compiled.compose(reader, signer_of(site)),
            envelope_sender=envelope_sender(site, slug),
            recipient=to,
            now=now,
        )
    )
    if receipt.state is not DeliveryState.ACCEPTED:
        raise RelayUnavailableError(
            f"the relay {receipt.relay} did not accept the test message: {receipt.code} {receipt.text}",
            field="relays",
        )
    return receipt


def require_allowed(newsletter: NewsletterSettings, allowed: tuple[str, ...], to: str) -> None:
    """Raise NotPermittedError unless test messages may go to that address."""
    own = {newsletter.sender.address, newsletter.reply_to, newsletter.owner}
    address = to.casefold()
    domain = address[address.rfind("@") :]
    if address not in {entry.casefold() for entry in (*allowed, *own) if entry} and (
        domain not in {entry.casefold() for entry in allowed}
    ):
        raise NotPermittedError(
            f"{to} is not an address that this site allows test messages to",
            file="newsletter.toml",
            field="site.allow_test",
            fix=f'add it: allow_test = ["{to}"], or "@" and its domain',
        )
