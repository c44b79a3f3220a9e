"""doctor: check everything that a send depends on, inside and outside, and say what to fix."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.config.loading import FILE_NAME
from newsletter.config.settings import RelaySettings
from newsletter.delivery.access_tokens import tokens_of
from newsletter.delivery.addresses import ascii_domain
from newsletter.delivery.connecting import connect
from newsletter.delivery.dkim import load_keys
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.tls_probe import speaks_tls_first
from newsletter.delivery.transport import Timeouts, security_of, tls_context
from newsletter.errors import NewsletterError
from newsletter.pipeline.doctor.audit_record import check_audit
from newsletter.pipeline.doctor.dns_records import Records
from newsletter.pipeline.doctor.mail_domain import (
    Diagnosis,
    Grade,
    check_alignment,
    check_bimi,
    check_dkim,
    check_dmarc,
    check_mx,
    check_spf,
)
from newsletter.pipeline.doctor.public_address import check_public_address
from newsletter.plural import counted
from newsletter.site.failed_sources import failed_sources
from newsletter.site.messages import envelope_sender
from newsletter.site.site import SECRET_FILE, Site
from newsletter.store import health
from newsletter.store.database import Database
from newsletter.store.newsletters import is_armed

MIN_FREE_DISK = 500_000_000
"""Free bytes below which a large issue's ledger may not fit."""

GREETING = 3.0
"""Seconds for a relay to greet, before it is asked whether it waits for TLS."""
TIMEOUT = timedelta(seconds=10)
STUCK = timedelta(days=1)
"""How long a send may take before it is reported as stuck."""


def examine(site: Site, *, now: datetime, records: Records) -> Iterator[Diagnosis]:
    """Make every check in turn; one that cannot be made is reported as a failure of its own."""
    checks: list[tuple[str, Callable[[], Iterator[Diagnosis]]]] = [
        ("DNS", lambda: dns_diagnoses(site, records)),
        ("relay", lambda: _relays(site)),
        ("site", lambda: check_public_address(site, now)),
        ("files", lambda: _files(site)),
        ("disk", lambda: _disk(site)),
        ("database", lambda: _database(site)),
        ("audit", lambda: check_audit(site)),
        ("clock", lambda: _clock(site, now)),
        ("queue", lambda: _queue(site, now)),
    ]
    for name, check in checks:
        try:
            yield from check()
        except NewsletterError as error:
            problem = error.problem
            yield _failure(name, problem.message, problem.fix or "")


def dns_diagnoses(site: Site, records: Records) -> Iterator[Diagnosis]:
    """What the DNS says of the domains that the site sends from. Raises UnavailableError."""
    dkim = site.settings.dkim
    keys = load_keys(dkim, site.folder) if dkim else ()
    for key in keys:
        yield check_dkim(records, key)
    if not keys:
        yield _failure(
            "DKIM",
            "messages are not signed; large providers refuse unsigned bulk mail",
            "make a key and add [dkim]; see the documentation of DKIM",
        )
    pairs = {
        (ascii_domain(newsletter.sender.domain), _domain_of(envelope_sender(site, slug)))
        for slug, newsletter in site.settings.newsletters.items()
    }
    for domain in sorted({envelope for _sender, envelope in pairs}):
        yield check_spf(records, domain)
        yield check_mx(records, domain)
    for domain in sorted({sender for sender, _envelope in pairs}):
        yield check_dmarc(records, domain)
        if bimi := check_bimi(records, domain):
            yield bimi
    for sender, envelope in sorted(pairs):
        yield check_alignment(
            records,
            from_domain=sender,
            envelope_domain=envelope,
            dkim_domain=keys[0].domain if keys else None,
        )


def _domain_of(address: str) -> str:
    return ascii_domain(address.rpartition("@")[2])


def _relays(site: Site) -> Iterator[Diagnosis]:
    if not site.settings.relays:
        yield _failure("relay", "there is no relay to send through", "add [[relays]]")
    for relay in site.settings.relays:
        name = f"{relay.name} ({relay.host}:{relay.port})"
        in_clear = security_of(relay) != "tls"
        if in_clear and asyncio.run(speaks_tls_first(relay.host, relay.port, GREETING)):
            yield _failure(
                "relay",
                f"{name} speaks TLS from its first byte, and security is {security_of(relay)}",
                f'set security = "tls" for the relay {relay.name}, or take its port for STARTTLS',
            )
            continue
        error = asyncio.run(_relay_error(relay))
        if error:
            yield _failure(
                "relay",
                f"{name} accepts no mail: {error}",
                f"check host, port, security and password of the relay {relay.name}, and its log",
            )
        else:
            yield _ok("relay", f"{name} answers, security: {security_of(relay)}")
        if relay.envelope_sender:
            yield _ok(
                "relay",
                f"{name} has one return path for all messages, {relay.envelope_sender}: a bounce is "
                "counted only where it returns our Message-ID or links, or a webhook reports it",
            )


async def _relay_error(relay: RelaySettings) -> str:
    """Connect to the relay and quit; returns the error, or ""."""
    timeouts = Timeouts(connect=TIMEOUT.total_seconds(), command=TIMEOUT.total_seconds())
    connection = await connect(
        relay, tls_context(relay), socket.getfqdn(), timeouts, tokens_of(relay)
    )
    if isinstance(connection, Outcome):
        return str(connection)
    await connection.quit()
    return ""


def _files(site: Site) -> Iterator[Diagnosis]:
    secrets = [site.folder / SECRET_FILE]
    if site.settings.dkim:
        secrets += [site.folder / key.key_file for key in site.settings.dkim.keys.values()]
    open_to_others = [path for path in secrets if _others_have_permission(path, 0o077)]
    for path in open_to_others:
        yield _failure("files", f"{path} can be read by others", f"chmod 600 {path}")
    private = [site.folder / FILE_NAME, *_database_files(site)]
    for path in private:
        if _others_have_permission(path, 0o002):
            yield _failure("files", f"{path} can be changed by anybody", f"chmod o-w {path}")
        elif path.name != FILE_NAME and _others_have_permission(path, 0o004):
            yield _warning("files", f"{path} can be read by anybody", f"chmod o-r {path}")
    if not open_to_others:
        yield _ok("files", "keys can be read by their owner only")


def _others_have_permission(path: Path, bits: int) -> bool:
    return path.exists() and bool(path.stat().st_mode & bits)


def _database_files(site: Site) -> list[Path]:
    name = site.database.engine.url.database
    return [Path(name)] if site.database.is_sqlite and name else []


def _disk(site: Site) -> Iterator[Diagnosis]:
    for folder in {path.parent.resolve() for path in _database_files(site)} or {site.folder}:
        free = shutil.disk_usage(folder).free
        message = f"{free / 1e9:.1f} GB free in {folder}"
        if free < MIN_FREE_DISK:
            yield _failure("disk", message, "free some space: without it no receipt can be written")
        else:
            yield _ok("disk", message)


def _database(site: Site) -> Iterator[Diagnosis]:
    damage = health.damage(site.database)
    if damage:
        yield _failure(
            "database",
            f"it is damaged: {damage}",
            "stop everything, keep a copy, restore a backup, and run `newsletter arm`",
        )
    else:
        yield _ok("database", f"{_kind(site.database)} is intact and has this version's schema")
    with site.database.transaction(read_only=True) as connection:
        if not is_armed(connection):
            yield _failure(
                "database",
                "it was restored from a backup and may not send",
                "make sure that nothing was sent meanwhile, then `newsletter arm`",
            )


def _kind(database: Database) -> str:
    return "SQLite" if database.is_sqlite else "PostgreSQL"


def _clock(site: Site, now: datetime) -> Iterator[Diagnosis]:
    with site.database.transaction(read_only=True) as connection:
        newest = health.newest_moment(connection)
    if newest is not None and newest > now + timedelta(minutes=5):
        yield _failure(
            "clock",
            f"the site has done something at {newest:%Y-%m-%d %H:%M} UTC, which is in the future",
            "set the clock (timedatectl set-ntp true); then check `newsletter status`",
        )
    else:
        yield _ok("clock", f"{now.astimezone(site.settings.site.zone):%Y-%m-%d %H:%M %Z}")


def _queue(site: Site, now: datetime) -> Iterator[Diagnosis]:
    with site.database.transaction(read_only=True) as connection:
        unknown = health.undecided(connection)
        stuck = health.sending_since(connection, before=now - STUCK)
        failed = {
            slug: failed_sources(site, connection, slug) for slug in site.settings.newsletters
        }
        miscounted = health.miscounted(connection)
    for name, count in unknown.items():
        yield _warning(
            "queue",
            f"{name}: the outcome of {counted(count, 'delivery', 'deliveries')} is unknown",
            f"newsletter unknown {name} --resend, or --skip",
        )
    for name, since in stuck.items():
        yield _failure(
            "queue",
            f"the send of {name} has been running since {since:%Y-%m-%d %H:%M} UTC",
            f"newsletter status {name}, then newsletter send {name}",
        )
    for name in miscounted:
        yield _failure(
            "queue",
            f"{name}: `status` tells other counts than the ledger's rows",
            f"newsletter status {name} --recount",
        )
    for slug, sources in failed.items():
        for source in sources:
            yield _warning(
                "sources",
                f"{slug}: {source.name}: {source.problem} (since {source.since:%Y-%m-%d})",
                f"newsletter gather {slug}, or correct the source",
            )
    if not (unknown or stuck or miscounted):
        yield _ok("queue", "nothing waits for a decision")


def _ok(check: str, message: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.OK, message=message)


def _warning(check: str, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.WARNING, message=message, fix=fix)


def _failure(check: str, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check=check, grade=Grade.FAILURE, message=message, fix=fix)
