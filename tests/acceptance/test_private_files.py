"""Files with readers' addresses, their links, or passwords are their owner's alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.init import init
from tests.acceptance.site import CommandLine
from tests.factories.issues import DUE
from tests.factories.site import make_site, publish

NOW = DUE - timedelta(hours=20)


@pytest.fixture(autouse=True)
def public_by_default() -> Iterator[None]:
    """As the umask of most machines has it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """The file's permissions."""
    return path.stat().st_mode & 0o777


def test_a_new_site_keeps_its_configuration_private(tmp_path: Path) -> None:
    """Passwords are written there later."""
    written = init(tmp_path / "site", now=NOW)
    private = {path.name for path in written if mode(path) == 0o600}
    assert private == {"newsletter.toml", "secret.key"}


def test_exports_and_messages_are_private(tmp_path: Path) -> None:
    """Addresses and live links; a file that exists keeps the permissions that somebody gave it."""
    (tmp_path / "site").mkdir()
    site = make_site(tmp_path / "site", now=NOW - timedelta(days=2))
    publish(site.folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    approve(site, "weekly", 1, now=NOW)
    site.database.close()
    command = CommandLine(folder=site.folder, environment={})
    people, blocked, out = tmp_path / "people.csv", tmp_path / "blocked.csv", tmp_path / "out"
    command.done("subscribers", "export", "--list", "weekly", "--out", str(people))
    command.done("subscribers", "suppressions", "export", "--out", str(blocked))
    command.done("send", "weekly/1", "--dry-run", "--out", str(out), "--now", DUE.isoformat())
    command.done("preview", "weekly/1", "--out", str(tmp_path / "shown"))
    messages = sorted(out.glob("*.eml"))
    assert messages
    for path in (people, blocked, *messages, tmp_path / "shown" / "message.eml"):
        assert mode(path) == 0o600, path
    people.chmod(0o640)
    command.done("subscribers", "export", "--list", "weekly", "--out", str(people))
    assert mode(people) == 0o640
