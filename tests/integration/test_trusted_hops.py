"""`[web] trusted_hops`, at a running `newsletter serve`: as many proxies are believed, and no stranger in front of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.acceptance.site import CommandLine
from tests.factories.editors import NOW
from tests.factories.site import make_site
from tests.servers.ports import await_port
from tests.servers.web import web_client

FORGED, READER, OUTER = "192.0.2.66", "198.51.100.1", "203.0.113.7"


@contextmanager
def serving_site(folder: Path, tables: str, believed: str) -> Iterator[httpx2.Client]:
    """A client of `serve`, for which this machine is the nearest proxy."""
    make_site(folder, now=NOW, tables=tables).database.close()
    command = CommandLine(folder=folder, environment={"FORWARDED_ALLOW_IPS": believed})
    process = subprocess.Popen(
        command.line("serve", "--port", "0", "--no-schedule"),
        stderr=subprocess.PIPE,
        text=True,
        env=command.full_environment,
    )
    try:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
        assert found is not None
        await_port(urlsplit(found[0]).port or 0, "serve")
        with web_client(base_url=found[0]) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("tables", "believed", "clients"),
    [
        # A stranger's entry, the reader's as the outer proxy wrote it, the outer proxy's as the inner wrote it.
        ("[web]\ntrusted_hops = 2", "*", [READER, READER, OUTER]),
        ("[web]\ntrusted_hops = 1", "*", [OUTER, OUTER, OUTER]),
        ("", "*", [OUTER, OUTER, OUTER]),
        ("[web]\ntrusted_hops = 2", "192.0.2.1", ["127.0.0.1", "127.0.0.1", "127.0.0.1"]),
    ],
    ids=["two", "one", "unset", "not-a-proxy"],
)
def test_trusted_hops_says_whose_word_counts(
    tmp_path: Path, tables: str, believed: str, clients: list[str]
) -> None:
    """The client is the entry that the outermost of our proxies wrote; from elsewhere the header is nothing."""
    with serving_site(tmp_path, tables, believed) as client:
        seen = [
            client.get("/health/request", headers={"X-Forwarded-For": hops}).json()["client"]
            for hops in (f"{FORGED}, {READER}, {OUTER}", f"{READER}, {OUTER}", OUTER)
        ]
    assert seen == clients
