"""Measures the time of each step of the send path by itself, in one thread, per message."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.publication import DOMAIN, SLUG, Publication
from benchmarks.send import SELECTOR
from newsletter.config.settings import DkimSettings
from newsletter.delivery.dkim import Signer, load_keys
from newsletter.delivery.envelope import Extensions, address_envelope
from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import Addressee, CompiledEdition, compile_edition
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.replies import ReplyReader
from newsletter.pipeline.deliver import ledger_of
from newsletter.site.messages import addressee, headers_for
from newsletter.site.site import Site, open_site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.ledger import SqlLedger

CLAIMED = 500
"""Deliveries in one claim, as in a real send."""

BATCHES = (8, 16, 64)
"""Rows in one commit, which depends on how many connections have replies at the same time."""

REPLIES = b"250 2.0.0 Ok: taken as 7\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 Go on\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The time of one step per message, in microseconds."""

    step: str
    microseconds: float


def measure_costs(publication: Publication, folder: Path, *, repeats: int) -> list[Cost]:
    """The cost of each step, as the median of `repeats` batches."""
    site = open_site(publication.with_readers(folder, (repeats + 1) * len(BATCHES) * CLAIMED), {})
    try:
        return [
            *_composing(site, publication, repeats),
            *_ledger_costs(site, repeats),
            Cost(step="four replies read", microseconds=_reading(repeats)),
            Cost(
                step="95 kB written to a socket and read from it",
                microseconds=_writing(publication, repeats),
            ),
        ]
    finally:
        site.database.close()
        shutil.rmtree(folder)


def _composing(site: Site, publication: Publication, repeats: int) -> list[Cost]:
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, SLUG, 1)
        (edition,) = edition_store.frozen_editions(connection, issue).values()
    compiled = compile_edition(edition, headers_for(site, issue, datetime.now(UTC)))
    tokens = site.tokens

    def addressed(number: int) -> Addressee:
        address = f"reader{number}@example.net"
        return addressee(
            site, tokens, SLUG, subscriber_id=number, address=address, name=f"Reader {number}"
        )

    readers = [addressed(number) for number in range(CLAIMED)]
    plain = _each(lambda number: compiled.compose(readers[number]), repeats)
    limits = Extensions(pipelining=True, takes_size=True)
    return [
        Cost(step="links with tokens", microseconds=_each(addressed, repeats)),
        Cost(step="values spliced in, headers written", microseconds=plain),
        *[
            Cost(
                step=f"signed, {title}",
                microseconds=_signing(compiled, readers, _signer(publication, key), repeats)
                - plain,
            )
            for key, title in (("rsa", "RSA-2048"), ("ed25519", "Ed25519"))
        ],
        Cost(
            step="envelope",
            microseconds=_each(
                lambda number: address_envelope(SLUG, readers[number].address, 95_000, limits),
                repeats,
            ),
        ),
    ]


def _signing(
    compiled: CompiledEdition, readers: Sequence[Addressee], signer: Signer, repeats: int
) -> float:
    return _each(lambda number: compiled.compose(readers[number], signer), repeats)


def _signer(publication: Publication, key: str) -> Signer:
    path = publication.keys[key]
    settings = DkimSettings(domain=DOMAIN, selector=SELECTOR, key_file=str(path))
    return Signer(keys=load_keys(settings, path.parent))


def _ledger_costs(site: Site, repeats: int) -> list[Cost]:
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, SLUG, 1)
        (edition,) = edition_store.frozen_editions(connection, issue)
    ledger = ledger_of(site, issue)
    now = datetime.now(UTC)
    ledger.plan({}, edition, now)
    costs = []
    with ledger.on_duty():
        for rows in BATCHES:
            claiming, claims = _claiming(ledger, repeats, now)
            writing = _committing(ledger, _cut(claims, rows), now)
            step = f"intent and receipt made durable, {rows} per commit"
            costs.append(Cost(step=step, microseconds=writing / rows))
            started = time.perf_counter()
            ledger.post()
            posting = (time.perf_counter() - started) * 1e6 / len(claims)
        costs.append(
            Cost(step=f"posted to the ledger, {len(claims)} at once", microseconds=posting)
        )
    return [Cost(step=f"claimed, {CLAIMED} at once", microseconds=claiming / CLAIMED), *costs]


def _claiming(ledger: SqlLedger, repeats: int, now: datetime) -> tuple[float, list[Claim]]:
    """The microseconds of one claim, and the claims of all repeats."""
    claims: list[Claim] = []
    return _median_time(lambda: claims.extend(ledger.claim(CLAIMED, now).claims), repeats), claims


def _cut(claims: Sequence[Claim], rows: int) -> list[Sequence[Claim]]:
    return [claims[start : start + rows] for start in range(0, len(claims) - rows + 1, rows)]


def _committing(ledger: SqlLedger, batches: Sequence[Sequence[Claim]], now: datetime) -> float:
    """The microseconds of one commit: receipts of the previous batch, intents of the next."""
    times = []
    receipts: list[Receipt] = []
    for batch in batches:
        intents = [claim.subscriber_id for claim in batch]
        started = time.perf_counter()
        ledger.write(receipts=receipts, intents=intents)
        times.append(time.perf_counter() - started)
        receipts = [
            Receipt(
                subscriber_id=number, state=DeliveryState.ACCEPTED, at=now, relay="sink", code=250
            )
            for number in intents
        ]
    return median(times[1:]) * 1e6


def _reading(repeats: int) -> float:
    reader = ReplyReader()
    return _each(lambda _: [*reader.feed(REPLIES)], repeats)


def _writing(publication: Publication, repeats: int) -> float:
    """The microseconds to send a message over loopback by asyncio to a thread that reads it."""
    content = publication.message.read_bytes().replace(b"\n", b"\r\n")
    with socket.create_server(("127.0.0.1", 0)) as server:
        drain = threading.Thread(target=_drain, args=[server])
        drain.start()
        started = time.perf_counter()
        count = repeats * 100
        asyncio.run(_write(server.getsockname()[1], content, count))
        drain.join()
        return (time.perf_counter() - started) / count * 1e6


async def _write(port: int, content: bytes, count: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(content)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


def _drain(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        buffer = bytearray(1 << 18)
        while connection.recv_into(buffer):
            pass


def _each(step: Callable[[int], object], repeats: int) -> float:
    """The microseconds of one call of `step`, which is called with 0 to CLAIMED - 1."""

    def batch() -> None:
        for number in range(CLAIMED):
            step(number)

    return _median_time(batch, repeats) / CLAIMED


def _median_time(work: Callable[[], object], repeats: int) -> float:
    """The median microseconds of `work`, without the first call, which fills caches."""
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return median(times[1:]) * 1e6
