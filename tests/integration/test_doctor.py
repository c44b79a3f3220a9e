"""`doctor` against a real name server, relay and web server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from newsletter.config.proxies import trusted_proxies
from newsletter.delivery.dkim import load_keys
from newsletter.errors import UnavailableError
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.doctor.examine import examine
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from newsletter.store.newsletters import set_armed
from newsletter.store.tables import ledger_counts
from newsletter.web.forwarded import Forwarded
from newsletter.web.health import SENT_HEADERS, health_routes
from tests.acceptance.site import CommandLine
from tests.factories.runs import DAY, HOUR, MONDAY, THURSDAY, run_at
from tests.factories.site import READERS, make_site, publish
from tests.servers.dns import Zone, name_server
from tests.servers.smtp import Catcher, smtp_server
from tests.servers.web import serving

DOMAIN = "news.example.org"


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


def health_only() -> Starlette:
    """Something that answers as `serve` does."""

    def health(_request: object) -> JSONResponse:
        return JSONResponse({"live": True})

    ours = health_routes(cast(Site, None), clock=lambda: MONDAY)
    seen = [route for route in ours if route.path == "/health/request"]
    pages = [Route(path, _page(headers)) for path, headers in SENT_HEADERS.items()]
    return Starlette(routes=[Route("/health", health), *seen, *pages])


def _page(headers: Mapping[str, str]) -> Callable[[object], PlainTextResponse]:
    return lambda _request: PlainTextResponse("ours", headers=headers)


@pytest.fixture
def web() -> Iterator[str]:
    """A server that nobody stands in front of."""
    with serving(Forwarded(health_only(), trusted_proxies({}))) as url:
        yield url


def make_healthy(folder: Path, port: int, url: str) -> Site:
    """A site with a DKIM key, closed files and a relay that answers."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (folder / "dkim.pem").write_bytes(pem)
    (folder / "dkim.pem").chmod(0o600)
    tables = (
        f'[dkim]\ndomain = "{DOMAIN}"\nselector = "s1"\nkey_file = "dkim.pem"\n'
        '[fetch]\nallow_private = ["127.0.0.1"]'
    )
    site = make_site(folder, now=THURSDAY, port=port, tables=tables)
    settings = site.settings.model_copy(
        update={"site": site.settings.site.model_copy(update={"url": url})}
    )
    return Site(folder=folder, settings=settings, database=site.database, secret=site.secret)


def zone_for(site: Site) -> Zone:
    """Records as they should be."""
    assert site.settings.dkim is not None
    name, value = load_keys(site.settings.dkim, site.folder)[0].dns_record
    return {
        (DOMAIN, "MX"): ["10 mail.example.org."],
        (DOMAIN, "TXT"): ['"v=spf1 ip4:192.0.2.1 " "-all"'],
        (name, "TXT"): [f'"{value}"'],
        (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=none; rua=mailto:dmarc@news.example.org"'],
    }


async def findings(site: Site, zone: Zone) -> dict[str, list[Diagnosis]]:
    """What is not well, by check."""

    def look() -> list[Diagnosis]:
        with name_server(zone) as port:
            records = LiveRecords(["127.0.0.1"], port)
            return list(examine(site, now=THURSDAY + HOUR, records=records))

    found: dict[str, list[Diagnosis]] = {}
    for one in await asyncio.to_thread(look):
        if one.grade is not Grade.OK:
            assert one.fix
            found.setdefault(one.check, []).append(one)
    return found


async def test_a_healthy_site_has_only_its_missing_certificate(
    tmp_path: Path, catcher: Catcher, web: str
) -> None:
    """All records, files and servers are as they should be; the test's site is not https."""
    site = make_healthy(tmp_path, catcher.port, web)
    found = await findings(site, zone_for(site))
    assert list(found) == ["site"]
    (site_finding,) = found["site"]
    assert site_finding.message.startswith(f"{web} is not https")


async def test_every_ailment_is_named(tmp_path: Path, catcher: Catcher, web: str) -> None:
    """An empty zone, an open key, a dead relay and web server, a disarmed database."""
    site = make_healthy(tmp_path, 9, "https://127.0.0.1:9")
    (tmp_path / "dkim.pem").chmod(0o644)
    (tmp_path / "newsletter.db").chmod(0o644)
    with site.database.transaction() as connection:
        set_armed(connection, False)
    found = await findings(site, {})
    assert set(found) == {
        *("DKIM", "SPF", "MX", "DMARC", "relay", "site", "files", "database"),
    }
    assert [one.grade for one in found["files"]] == [Grade.FAILURE, Grade.WARNING]
    assert "chmod 600" in found["files"][0].fix


async def test_a_clock_behind_its_own_history_is_named(
    tmp_path: Path, catcher: Catcher, web: str
) -> None:
    """The site was used at a time that is still to come."""
    site = make_healthy(tmp_path, catcher.port, web)
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, MONDAY)
    found = await findings(site, zone_for(site))
    assert "clock" in found


async def test_a_source_that_fails_and_a_send_that_is_stuck_are_named(
    tmp_path: Path, catcher: Catcher, web: str
) -> None:
    """What no run can mend by itself."""
    site = make_healthy(tmp_path, catcher.port, web)
    publish(tmp_path, THURSDAY - 9 * DAY, THURSDAY - 9 * DAY + HOUR)
    await run_at(site, THURSDAY - 5 * DAY)
    catcher.faults["reader0@example.org"] = "451 4.3.0 later"
    publish(tmp_path, THURSDAY - 4 * DAY, THURSDAY - 4 * DAY + HOUR)
    due = MONDAY - timedelta(days=7)
    await run_at(site, due)
    (tmp_path / "articles").rename(tmp_path / "gone")
    await asyncio.to_thread(gather, site, "weekly", now=due + HOUR)
    found = await findings(site, zone_for(site))
    assert "the send of weekly/1 has been running since" in found["queue"][0].message


async def test_counts_that_were_spoilt_are_named_and_mended(
    tmp_path: Path, catcher: Catcher, web: str
) -> None:
    """What `status` tells is not what the ledger's rows say, until it is counted anew."""
    site = make_healthy(tmp_path, catcher.port, web)
    publish(tmp_path, THURSDAY - 9 * DAY, THURSDAY - 9 * DAY + HOUR)
    await run_at(site, THURSDAY - 10 * DAY)
    await run_at(site, MONDAY - timedelta(days=7))
    assert "queue" not in await findings(site, zone_for(site))
    with site.database.transaction() as connection:
        connection.execute(sa.update(ledger_counts).values(n=3))
    (found,) = (await findings(site, zone_for(site)))["queue"]
    assert found.fix == "newsletter status weekly/1 --recount"
    command = CommandLine(folder=tmp_path, environment={})
    told = command.done("status", "weekly/1", "--recount", "--json").document
    assert told["deliveries"]["accepted"] == len(READERS)
    assert "queue" not in await findings(site, zone_for(site))
    assert command("status", "--recount").code == 2


async def test_a_name_server_that_is_away_is_a_finding(tmp_path: Path) -> None:
    """No answer is not "no record"."""
    records = LiveRecords(["127.0.0.1"], 9)
    with pytest.raises(UnavailableError, match="DNS does not answer"):
        await asyncio.to_thread(records.txt, DOMAIN)
