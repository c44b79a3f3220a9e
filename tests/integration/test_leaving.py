"""People and issues leave as files that other programs read."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.delivery_list import show_person
from newsletter.pipeline.export_everybody import export_everybody
from newsletter.pipeline.export_issues import export_issues
from newsletter.pipeline.import_past_issues import import_past_issues
from newsletter.site.site import Site
from newsletter.store.past_issues import past_issues_of
from subscribers import everybody
from tests.acceptance.site import CommandLine
from tests.demo.catcher import catching_mail
from tests.factories.runs import MONDAY, THURSDAY, WEEK, run_at
from tests.factories.site import READERS, make_site, publish

NOW = MONDAY + timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A site that has sent an issue to four readers, on either database."""
    with catching_mail() as catcher:
        made = make_site(tmp_path, now=THURSDAY, port=catcher.port, database=database_url)
        publish(tmp_path, *[THURSDAY + timedelta(hours=n) for n in range(3)])
        asyncio.run(run_at(made, THURSDAY + timedelta(hours=3)))
        asyncio.run(run_at(made, MONDAY))
        yield made
        made.database.close()


def test_everybody_leaves_with_everything(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever left, was blocked or never got an issue too; each as `subscribers show` shows them."""
    command = CommandLine(folder=tmp_path, environment={})
    command.done("subscribers", "remove", READERS[0], now=NOW)
    command.done("subscribers", "suppress", READERS[1], "--reason", "asked us to", now=NOW)
    command.done(
        "subscribers", "add", "new@example.net", "--list", "weekly", "--name", "Ä", now=NOW
    )
    monkeypatch.setattr(everybody, "PAGE", 2)
    people = {one["address"]: one for one in map(json.loads, export_everybody(site))}
    assert sorted(people) == sorted([*READERS, "new@example.net"])
    for address, person in people.items():
        with site.database.transaction(read_only=True) as connection:
            shown = json.loads(json.dumps(show_person(connection, address)))
        statuses = [{"list": s["list"], "status": s["status"]} for s in person["subscriptions"]]
        same = {**person, "subscriptions": statuses}
        assert {name: same[name] for name in shown if name != "suppressions"} == {
            name: value for name, value in shown.items() if name != "suppressions"
        }
    assert people[READERS[0]]["subscriptions"][0]["status"] == "unsubscribed"
    assert people[READERS[1]]["suppressed"]
    assert people[READERS[2]]["issues"][0]["issue"] == "weekly/1"
    assert people["new@example.net"]["issues"] == []


def test_the_command_writes_a_private_file(site: Site, tmp_path: Path) -> None:
    """One line for each person."""
    out = tmp_path / "everybody.jsonl"
    command = CommandLine(folder=tmp_path, environment={})
    document = command.done("subscribers", "export-all", "--out", str(out), "--json").document
    assert document["exported"] == len(READERS) == len(out.read_text("utf-8").splitlines())
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_an_issue_for_some_readers_is_apart(tmp_path: Path) -> None:
    """An import of the public ones does not find it."""
    with catching_mail() as catcher:
        site = make_site(
            tmp_path, now=THURSDAY, port=catcher.port, keys="segment = \"name != 'nobody'\""
        )
        publish(tmp_path, *[THURSDAY + timedelta(hours=n) for n in range(3)])
        asyncio.run(run_at(site, THURSDAY + timedelta(hours=3)))
        asyncio.run(run_at(site, MONDAY))
        export_issues(site, None, tmp_path / "out")
        site.database.close()
    files = [path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*")]
    assert len(files) == 2
    assert {path.parts[1] for path in files} == {"private"}


def test_issues_leave_and_are_imported_again(site: Site, tmp_path: Path) -> None:
    """By another site, from the Markdown or from the HTML; no personal link goes with them."""
    command = CommandLine(folder=tmp_path, environment={})
    document = command.done("archive", "export", str(tmp_path / "out"), "--json").document
    assert document["newsletters"] == [{"newsletter": "weekly", "issues": 1, "past": 0}]
    for kind in ("markdown", "html"):
        (file,) = (tmp_path / "out" / "weekly" / kind).iterdir()
        text = file.read_text("utf-8")
        assert "story of 05 March 2026 10:00" in text
        assert "/u/" not in text
        assert READERS[0] not in text
        report = import_past_issues(
            site, "weekly", file.parent, layout=None, base="", dry_run=False, now=NOW + WEEK
        )
        assert not report.unreadable
    with site.database.transaction(read_only=True) as connection:
        past = past_issues_of(connection, "weekly", limit=10)
    assert {one.published.date() for one in past} == {MONDAY.date()}
    again = command.done("archive", "export", str(tmp_path / "more"), "--json").document
    assert again["newsletters"][0]["past"] == len(past)
    assert command("archive", "export", str(tmp_path / "out")).code == 77
