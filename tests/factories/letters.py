"""Letters that wait in a site's outbox, and a process that sends them and can be killed.

`python -m tests.factories.letters FOLDER NOW` sends the site's letters until SIGTERM.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import threading
from datetime import datetime
from pathlib import Path
from random import Random

import sqlalchemy as sa

from newsletter.cli.interruption import interruptible
from newsletter.delivery.receipt import DeliveryState
from newsletter.pipeline.flush_letters import flush
from newsletter.site.site import Site, open_site
from newsletter.store.outbox import put
from newsletter.store.tables import outbox
from tests.servers.fast_smtp import FastCatcher

_STARTS = multiprocessing.get_context("forkserver")
_STARTS.set_forkserver_preload(["tests.factories.letters"])


def stranger(number: int) -> str:
    """The address of a letter."""
    return f"stranger{number}@example.net"


def put_letters(site: Site, count: int, now: datetime) -> None:
    """So many letters to as many strangers."""
    with site.database.transaction() as connection:
        for number in range(count):
            address = stranger(number)
            put(
                connection,
                recipient=address,
                envelope_sender=f"bounce{number}@example.org",
                message=f"To: {address}\r\nSubject: Please confirm\r\n\r\nHello\r\n".encode(),
                now=now,
            )


def letters_by_state(site: Site) -> dict[str, set[str]]:
    """Who of the outbox stands where."""
    found: dict[str, set[str]] = {}
    with site.database.transaction(read_only=True) as connection:
        for row in connection.execute(sa.select(outbox.c.recipient, outbox.c.state)):
            found.setdefault(row.state, set()).add(row.recipient)
    return found


async def send_letters_with_kills(
    site: Site, catcher: FastCatcher, *, letters: int, kills: int, now: datetime, seed: int
) -> None:
    """Send so many letters, killing the sender `kills` times at random moments.

    Nobody gets one twice, nobody is lost, and unknown are at most as many as there were connections.
    """
    random = Random(seed)  # noqa: S311 - where to kill, the same each time
    put_letters(site, letters, now)
    for moment in sorted(random.sample(range(1, letters * 9 // 10), kills)):
        sender = _STARTS.Process(target=_flush, args=[site.folder, now])
        await asyncio.to_thread(sender.start)
        async with asyncio.timeout(60):
            await catcher.has_caught(moment)
        await asyncio.sleep(random.random() / 100)
        sender.kill()
        await asyncio.to_thread(sender.join)
        sender.close()
    await asyncio.to_thread(_flush_to_the_end, site, now)
    uncertain = letters_by_state(site).get(DeliveryState.UNKNOWN, set())
    everybody = {stranger(number) for number in range(letters)}
    assert {address: n for address, n in catcher.copies.items() if n > 1} == {}
    assert everybody - uncertain <= set(catcher.copies) <= everybody
    assert len(uncertain) <= kills * site.settings.relays[0].connections


def wait_until_sent(site: Site) -> None:
    """Wait until no letter waits or is under way."""
    patience = threading.Event()
    while letters_by_state(site).keys() - {DeliveryState.UNKNOWN}:
        patience.wait(0.01)


def _flush(folder: Path, now: datetime) -> None:
    _flush_to_the_end(open_site(folder, {}), now)


def _flush_to_the_end(site: Site, now: datetime) -> None:
    """Again and again: PostgreSQL may notice another sender's death only a little later."""
    patience = threading.Event()
    while letters_by_state(site).keys() - {DeliveryState.UNKNOWN}:
        flush(site, lambda: now)
        patience.wait(0.01)


def main(folder: str, now: str) -> None:
    """Send the site's letters as `serve` does."""
    moment = datetime.fromisoformat(now)
    with interruptible() as interrupted:
        flush(open_site(Path(folder), {}), lambda: moment, interrupted=interrupted)


if __name__ == "__main__":
    main(*sys.argv[1:])
