"""Whoever has many addresses: the limits of a network hold for all of them, and beyond them nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.store.account_tables import tries
from newsletter.web.reader import scanner_trap
from newsletter.web.signin.attempts import PER_NETWORK
from newsletter.web.signin.browsers import WIDER
from tests.factories.editors import NOW, Office, open_office
from tests.factories.site import make_site

SIGN_UP = "[sign_up]\nper_network = 2\nper_day = 40\n"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A site behind a proxy that tells where requests come from."""
    with open_office(make_site(tmp_path, now=NOW, tables=SIGN_UP)) as office:
        yield office


def rows(office: Office) -> int:
    """How many counts are kept."""
    with office.site.database.transaction(read_only=True) as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(tries)) or 0


def link(office: Office, origin: str, number: int) -> httpx2.Response:
    """Somebody asks for the links of an address."""
    form = {"email": f"r{number}@example.net"}
    headers = {"X-Forwarded-For": origin}
    return office.client.post("/links/weekly", data=form, headers=headers)


def sign_in(office: Office, origin: str, number: int) -> httpx2.Response:
    """Somebody asks for a link to sign in, for an address that nobody has."""
    form = {"address": f"r{number}@example.net", "way": "link"}
    return office.client.post("/sign-in", data=form, headers={"X-Forwarded-For": origin})


def test_the_networks_of_one_customer_are_limited_together(office: Office) -> None:
    """A customer with a /48 of IPv6 has 65,536 networks of /64, and somebody else has the next /48."""
    most = WIDER * 2
    for number in range(most):
        assert link(office, f"2a00:1450:1:{number:x}::1", number).status_code == 200
    assert link(office, "2a00:1450:1:ffff::1", 99).status_code == 429
    assert link(office, "2a00:1450:2::1", 99).status_code == 200
    assert link(office, "198.51.100.1", 99).status_code == 200


def test_signing_in_is_limited_for_a_customer_too(office: Office) -> None:
    """Addresses that differ and networks that take turns are no further tries."""
    for number in range(WIDER * PER_NETWORK.most):
        assert sign_in(office, f"2a00:1450:1:{number:x}::1", number).status_code == 200
    assert sign_in(office, "2a00:1450:1:ffff::1", 999).status_code == 429


def test_beyond_the_limits_of_a_form_nothing_is_written(office: Office) -> None:
    """Neither for one network, nor for each new one once the day's are used: readers who leave do not wait."""
    for number in range(2):
        assert link(office, "198.51.100.1", number).status_code == 200
    with office.site.database.transaction():  # the one writer of SQLite
        assert link(office, "198.51.100.1", 3).status_code == 429
    for number in range(38):
        assert link(office, f"198.51.{number}.1", number).status_code in (200, 429)
    while link(office, "203.0.113.1", 1).status_code == 200:
        pass
    for number in range(30):
        link(office, f"192.0.{number}.1", number)
    kept = rows(office)
    with office.site.database.transaction():
        assert link(office, "192.0.99.1", 3).status_code == 429
    assert rows(office) == kept


def test_scanners_are_noted_within_a_limit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One host has any number of addresses of IPv6, and a GET needs nothing else."""
    limit = scanner_trap.AttemptLimit(most=5, per=scanner_trap._OF_ALL.per)
    monkeypatch.setattr(scanner_trap, "_OF_ALL", limit)
    for number in range(12):
        headers = {"X-Forwarded-For": f"2a00:1450:1::{number:x}"}
        assert office.client.get("/robot", headers=headers).status_code == 200
    assert rows(office) == 6
    with office.site.database.transaction():  # the one writer of SQLite
        assert office.client.get("/robot", headers=headers).status_code == 200
