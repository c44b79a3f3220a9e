"""The audit record beside the database: JSON lines in a file and at a syslog server, and `doctor`."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import TemporaryError
from newsletter.jobs.site_jobs import audit_jobs
from newsletter.pipeline.audit_log import forget_old_entries, write_audit_log
from newsletter.pipeline.doctor.audit_record import check_audit
from newsletter.pipeline.doctor.mail_domain import Grade
from newsletter.site.site import Site
from newsletter.store import audit
from newsletter.store.tables import audit as rows
from tests.factories.site import make_site
from tests.factories.subscribers import NOW

EVIL = 'weekly/jo@example.org\n{"who": "operator"}\u2028\u202e"'


def site_with(tmp_path: Path, **keys: str) -> Site:
    """A site with these keys in [audit], and three entries."""
    table = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    site = make_site(tmp_path, tables=f"[audit]\n{table}", now=NOW)
    record(site, "one", EVIL, "three")
    return site


def record(site: Site, *details: str) -> None:
    """Record each in a transaction of its own."""
    for detail in details:
        with site.database.transaction() as connection:
            audit.record(connection, who="ed@example.org", what="add", detail=detail, now=NOW)


def said(site: Site) -> Sequence[str]:
    """What `doctor` finds wrong."""
    return [found.message for found in check_audit(site) if found.grade is Grade.FAILURE]


def test_each_entry_is_one_line_once(tmp_path: Path) -> None:
    """In order, in ASCII, without readers' addresses, and readable by the owner only."""
    site = site_with(tmp_path, file="audit.jsonl")
    assert [job.name for job in audit_jobs(site, lambda: NOW)] == ["audit-log"]
    assert (write_audit_log(site), write_audit_log(site)) == (3, 0)
    record(site, "four")
    assert write_audit_log(site) == 1
    path = site.folder / "audit.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert [entry["position"] for entry in entries] == [1, 2, 3, 4]
    assert entries[1]["detail"] == EVIL.replace("jo@example.org", "(address)")
    assert entries[0]["who"] == "ed@example.org"
    assert len({entry["hash"] for entry in entries}) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert said(site) == []


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda c: c.execute(sa.update(rows).where(rows.c.id == 2).values(who="x")), "entry 2"),
        (lambda c: c.execute(sa.delete(rows).where(rows.c.id == 2)), "missing: position 2"),
        (lambda c: c.execute(sa.delete(rows)), "position 1, position 2, position 3"),
    ],
)
def test_doctor_names_what_was_tampered_with(
    tmp_path: Path, tamper: Callable[[sa.Connection], object], expected: str
) -> None:
    """An entry that was changed, one that was removed, and all."""
    site = site_with(tmp_path)
    assert audit_jobs(site, lambda: NOW) == []
    with site.database.transaction() as connection:
        tamper(connection)
    assert expected in " ".join(said(site))


def test_a_record_that_was_written_anew_differs_from_its_log(tmp_path: Path) -> None:
    """Somebody who can write to the database makes the whole chain again: the file knows."""
    site = site_with(tmp_path, file="audit.jsonl")
    write_audit_log(site)
    with site.database.transaction() as connection:
        connection.execute(sa.text("DELETE FROM audit_chain"))
        connection.execute(sa.delete(rows))
    record(site, "one", "another", "three")
    assert "is not the one in audit.jsonl" in " ".join(said(site))


def test_syslog_gets_the_same_lines(tmp_path: Path) -> None:
    """One datagram each; a server that is away is told and costs no entry."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        place = tmp_path / "log"
        site = site_with(tmp_path, syslog=str(place))
        with pytest.raises(TemporaryError, match="cannot be written"):
            write_audit_log(site)
        server.bind(str(place))
        assert write_audit_log(site) == 3
        received = [server.recv(10_000).decode("ascii") for _ in range(3)]
    assert received[1].startswith("<86>newsletter: {")
    assert json.loads(received[1].partition(": ")[2])["what"] == "add"
    assert "\n" not in received[1]


def test_what_is_kept_for_a_time_is_forgotten_after_it(tmp_path: Path) -> None:
    """What was forgotten breaks no chain, and the log still agrees."""
    site = site_with(tmp_path, file="audit.jsonl", keep="30d")
    write_audit_log(site)
    assert forget_old_entries(site, now=NOW + timedelta(days=29)) == 0
    assert forget_old_entries(site, now=NOW + timedelta(days=31)) == 3
    assert said(site) == []
