"""A backup taken in mid-life, restored: it sends nothing until a person has armed it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import State
from newsletter.site.site import Site, open_site
from newsletter.store.backup import back_up
from newsletter.store.database import open_database
from newsletter.store.newsletters import is_armed, set_armed
from tests.factories.runs import DAY, HOUR, MONDAY, THURSDAY, WEEK, run_at, states
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


def restore(site: Site, copy: Path) -> Site:
    """The site with the copy in place of its database."""
    site.database.close()
    for path in site.folder.glob("newsletter.db*"):
        path.unlink()
    shutil.copyfile(copy, site.folder / "newsletter.db")
    return open_site(site.folder, {})


async def test_a_restored_backup_sends_nothing_until_it_is_armed(
    tmp_path: Path, catcher: Catcher
) -> None:
    """The issue went out after the backup was taken; its restored draft may not go out again."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    copy = tmp_path / "copy.db"
    back_up(site.database, copy)
    assert (await run_at(site, MONDAY)).did == "sent"

    site = restore(site, copy)
    refused = await run_at(site, MONDAY + HOUR)
    assert isinstance(refused.problem, NotPermittedError)
    assert "newsletter arm" in str(refused.problem)
    assert sorted(catcher.recipients) == sorted(READERS)
    assert states(site) == [State.APPROVED]

    with site.database.transaction() as connection:
        set_armed(connection, True)
    publish(tmp_path, MONDAY + DAY, MONDAY + 2 * DAY)
    late = await run_at(site, MONDAY + WEEK)
    assert isinstance(late.problem, NotPermittedError)  # approved for a Monday long past: held
    assert states(site) == [State.HELD]


async def test_a_copy_of_a_restored_file_is_disarmed_too(tmp_path: Path) -> None:
    """What other tools restored is armed; `backup` makes of it what may not send."""
    site = make_site(tmp_path, now=THURSDAY)
    await asyncio.to_thread(back_up, site.database, tmp_path / "copy.db")
    copy = open_database("sqlite:///copy.db", tmp_path)
    with copy.transaction(read_only=True) as connection:
        assert not is_armed(connection)
    copy.close()
    with site.database.transaction(read_only=True) as connection:
        assert is_armed(connection)
    with pytest.raises(NotPermittedError, match="not overwritten"):
        back_up(site.database, tmp_path / "copy.db")
