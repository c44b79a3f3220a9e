"""`newsletter bench`: the real send path, into a sink, with nothing left behind."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.delivery.loopback_sink import sink
from newsletter.pipeline.bench import bench
from newsletter.site.site import open_site
from tests.factories.runs import MONDAY, THURSDAY, states
from tests.factories.site import READERS, make_site

DIGEST = """
[newsletters.monthly]
title = "The Monthly"
from = "The Monthly <monthly@news.example.org>"
list = "weekly"
schedule = "0 7 1 * *"
digest_of = "weekly"
"""


def test_it_sends_what_was_asked_and_leaves_nothing(tmp_path: Path) -> None:
    """The site's own issues, readers and folder are as before."""
    site = make_site(tmp_path, now=THURSDAY)
    before = sorted(path.name for path in tmp_path.iterdir())
    found = bench(site, "weekly", messages=30, processes=None, clock=lambda: MONDAY)
    assert (found.messages, found.readers, found.processes) == (30, len(READERS), 1)
    assert found.rate > 0
    assert states(site) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("folder", [Path(), Path("sites", "weekly")])
def test_a_relative_folder_of_the_site_is_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without -C the site is the current folder; with it, a path may be relative to that."""
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    make_site(tmp_path / folder, now=THURSDAY).database.close()
    before = sorted(path.name for path in (tmp_path / folder).iterdir())
    monkeypatch.chdir(tmp_path)
    site = open_site(folder, {})
    with closing(site.database):
        found = bench(site, "weekly", messages=3, processes=None, clock=lambda: MONDAY)
    assert found.messages == 3
    assert sorted(path.name for path in (tmp_path / folder).iterdir()) == before


def test_a_digest_is_measured_too(tmp_path: Path) -> None:
    """Though nobody of the sample's readers would get it."""
    site = make_site(tmp_path, now=THURSDAY, tables=DIGEST)
    assert bench(site, "monthly", messages=3, processes=None, clock=lambda: MONDAY).messages == 3


async def test_the_sink_answers_in_order_however_bytes_come() -> None:
    """Pipelined commands, and a final dot cut in two by the network."""
    talk = (
        b"EHLO here\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"
        b"Subject: one\r\n\r\n..dot\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
        b"\r\ntwo\r\n.\r\nQUIT\r\n"
    )
    codes = [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221"]
    with sink() as port:
        for step in (1, 3, 7, len(talk)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for start in range(0, len(talk), step):
                writer.write(talk[start : start + step])
                await writer.drain()
                await asyncio.sleep(0)
            said = b""
            while b"221 " not in said:
                said += await reader.read(4096)
            finals = [line[:3] for line in said.splitlines() if line[3:4] == b" "]
            assert finals == codes
            writer.close()
            await writer.wait_closed()
