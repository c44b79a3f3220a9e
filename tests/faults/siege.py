"""`serve` while strangers do everything at once, readers are sent to, and some of them leave."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from newsletter.store.tables import deliveries, issues
from subscribers.tables import inbound_messages
from subscribers.tokens import Purpose
from tests.acceptance.site import CommandLine
from tests.factories.editors import add_editor
from tests.factories.onslaught import HOSTILE_FEEDS
from tests.factories.site import make_site, publish
from tests.servers.fast_smtp import FastCatcher, fast_server
from tests.servers.feeds import FeedServer
from tests.servers.ports import free_port


@dataclass(frozen=True, kw_only=True, slots=True)
class Siege:
    """How much of everything there is."""

    readers: int
    leaving: int
    idle: int
    rate: str
    seconds: float
    """How long it lasts at least; the readers leave at equal distances in this time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of it. `clicks` are the milliseconds of each one-click request, the shortest first."""

    siege: Siege
    attacks: dict[str, int]
    clicks: Sequence[float]
    peak: int
    """Octets of memory that `serve` itself held at most."""
    states: dict[str, int]
    """The deliveries by state."""
    copies: int
    repeated: int
    left: int
    mails_recorded: int
    log: str

    def click_at(self, share: float) -> float:
        """The milliseconds within which this share of the clicks was answered."""
        return self.clicks[min(len(self.clicks) - 1, int(share * len(self.clicks)))]


def _site(folder: Path, relay: int, lmtp: int, feeds: Sequence[str], siege: Siege) -> Site:
    """A site with an issue whose send has begun, and hostile sources of another newsletter."""
    now = datetime.now(UTC)
    port = feeds[0].partition("127.0.0.1:")[2].partition("/")[0]
    sources = "".join(
        f'[[newsletters.other.sources]]\nfeed = "{url}"\nallow_private = ["127.0.0.1:{port}"]\n'
        for url in feeds
    )
    site = make_site(
        folder,
        now=now - timedelta(days=8),
        readers=tuple(f"reader{number}@example.org" for number in range(siege.readers)),
        port=relay,
        relay=f'connections = 4\nrate = "{siege.rate}"',
        schedule="0 7 1 jan *",
        tables=f'[inbound]\ndomain = "news.example.org"\nlmtp = "127.0.0.1:{lmtp}"\n'
        '[newsletters.other]\ntitle = "Other"\nfrom = "Other <other@news.example.org>"\n'
        f'list = "other"\nschedule = "0 7 1 jan *"\n{sources}',
    )
    publish(folder, *(now - timedelta(days=1, hours=number) for number in range(3)))
    gather(site, "weekly", now=now)
    draft(site, "weekly", now=now)
    approve(site, "weekly", None, now=now)
    begin(site, "weekly", None, now=now)
    add_editor(site)
    return site


@contextmanager
def _served(site: Site) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The port and process of a running `newsletter serve`, with its jobs."""
    port = free_port()
    command = CommandLine(folder=site.folder, environment={})
    with (site.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command.line("serve", "--port", str(port)), stderr=log, env=command.full_environment
        )
        try:
            with httpx2.Client() as client:
                while process.poll() is None:
                    try:
                        client.get(f"http://127.0.0.1:{port}/health/live")
                        break
                    except httpx2.TransportError:
                        time.sleep(0.05)
            yield port, process
            assert process.poll() is None
        finally:
            process.terminate()
            process.wait(timeout=120)


@contextmanager
def _onslaught(port: int, lmtp: int, idle: int, attacks: dict[str, int]) -> Iterator[None]:
    """The attack, while the block lasts; then `attacks` counts what it did."""
    words = ("-m", "tests.factories.onslaught", str(port), str(lmtp), str(idle))
    with subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        try:
            yield
        finally:
            process.stdin.close()
            said = process.stdout.read()
    assert process.returncode == 0
    attacks.update(json.loads(said))


def _leave(port: int, token: str) -> float:
    """One click; the milliseconds until it was answered."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        "POST",
        f"/u/{token}",
        "List-Unsubscribe=One-Click",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"Unsubscribed.\n")
    connection.close()
    return (time.monotonic() - begun) * 1000


def _peak(process: subprocess.Popen[bytes]) -> int:
    found = re.search(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def _send_is_over(site: Site) -> bool:
    with site.database.transaction(read_only=True) as connection:
        return connection.scalar(sa.select(issues.c.state)) == "sent"


def _outlast(
    site: Site, port: int, lmtp: int, siege: Siege, attacks: dict[str, int]
) -> list[float]:
    """Let the readers leave under attack, and wait until the send is over."""
    every = siege.readers // siege.leaving
    leaving = [1 + number * every for number in range(siege.leaving)]
    tokens = [site.tokens.make(Purpose.UNSUBSCRIBE, number, "weekly") for number in leaving]
    with _onslaught(port, lmtp, siege.idle, attacks):
        begun, clicks = time.monotonic(), []
        for number, token in enumerate(tokens, 1):
            clicks.append(_leave(port, token))
            time.sleep(max(0, begun + siege.seconds * number / len(tokens) - time.monotonic()))
    while not _send_is_over(site):
        time.sleep(0.2)
    return clicks


async def besiege(folder: Path, siege: Siege) -> Outcome:
    """Begin a send, attack, let readers leave, and wait until the send is over."""
    lmtp = free_port()
    attacks: dict[str, int] = {}
    async with fast_server(FastCatcher()) as catcher:
        with FeedServer() as server:
            feeds = [server.put(f"/{n}", feed) for n, feed in enumerate(HOSTILE_FEEDS)]
            site = await asyncio.to_thread(_site, folder, catcher.port, lmtp, feeds, siege)
            with _served(site) as (port, process):
                clicks = await asyncio.to_thread(_outlast, site, port, lmtp, siege, attacks)
                peak = _peak(process)
    return _outcome(site, siege, attacks, clicks, peak, catcher)


def _outcome(
    site: Site,
    siege: Siege,
    attacks: dict[str, int],
    clicks: list[float],
    peak: int,
    catcher: FastCatcher,
) -> Outcome:
    # Editors and correspondents get letters through the same relay.
    copies = {to: count for to, count in catcher.copies.items() if to.startswith("reader")}
    left = "SELECT count(*) FROM subscriptions WHERE status = 'unsubscribed'"
    mails = sa.select(sa.func.count()).select_from(inbound_messages)
    by_state = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    with site.database.transaction(read_only=True) as connection:
        outcome = Outcome(
            siege=siege,
            attacks=attacks,
            clicks=sorted(clicks),
            peak=peak,
            states={
                DeliveryState(state).value: count for state, count in connection.execute(by_state)
            },
            copies=len(copies),
            repeated=sum(copies.values()) - len(copies),
            left=connection.scalar(sa.text(left)) or 0,
            mails_recorded=connection.scalar(mails) or 0,
            log=(site.folder / "log").read_text(encoding="utf-8"),
        )
    site.database.close()
    return outcome
