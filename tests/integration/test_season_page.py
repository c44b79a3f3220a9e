"""/desk/weekly/season: an editor rehearses the coming weeks in the browser."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from newsletter.store.users import Role
from newsletter.web.editor.rehearsals import Rehearsals
from newsletter.web.editor.season_page import duration
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.integration.test_api import open_api

EDITOR = "ed@press.example.org"
SEASON = "/desk/weekly/season"
MISSING = '[[newsletters.weekly.sources]]\nname = "Harbour"\nfolder = "not-there"\n'

KILLED_SERVER = """
import os, signal, tempfile
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from newsletter.pipeline.rehearsal import apart
from tests.factories.site import make_site

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)

def compute(*_, **__):
    print("begun", flush=True)
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()

def main(*arguments):
    apart.rehearse = compute
    run(*arguments)

run = apart._main
if __name__ == "__main__":
    apart._main = main
    site = make_site(Path(tempfile.mkdtemp(dir=Path(__file__).parent)), now=NOW)
    apart.rehearse_apart(site, "weekly", weeks=4, past=4, now=NOW, stop=Event())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that knows three articles of the last days, and a source that cannot be read."""
    made = make_site(
        tmp_path, now=NOW - timedelta(days=8), url="http://127.0.0.1:8000", tables=MISSING
    )
    publish(tmp_path, *(NOW - timedelta(days=days) for days in (1, 2, 3)))
    gather(made, "weekly", now=NOW)
    yield made
    made.database.close()


async def ended(browser: Browser) -> Page:
    """The page once nothing is under way any more."""
    page = await browser.get(SEASON)
    while "are being rehearsed" in page.words:
        await asyncio.sleep(0.1)
        page = await browser.get(SEASON)
    return page


def test_an_editor_rehearses_the_coming_weeks(site: Site) -> None:
    """Who is no publisher may: nothing is changed. Issues, sources and the plot are shown."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk")
        assert page.tree.xpath(f"//a[@href='{SEASON}']")
        page = await browser.press(await browser.get(SEASON), "Rehearse", weeks="4")
        assert page.url.endswith(SEASON)
        assert "The next 4 weeks are being rehearsed" in page.words
        page = await ended(browser)
        assert page.words.count("No. ") >= 3
        assert "Nothing in all these weeks" in page.words
        assert "weekly: stories" in page.words
        assert page.tree.xpath("//option[@selected]/@value") == ["4"]
        assert page.tree.xpath("//button[normalize-space()='Rehearse again']")

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_a_number_of_weeks_that_is_not_offered_is_refused(site: Site) -> None:
    """Nobody makes the server compute for a thousand years."""

    async def work(browser: Browser) -> None:
        page = await browser.press(await browser.get(SEASON), "Rehearse", weeks="52000")
        assert page.status == 409
        assert "Choose one of the lengths" in page.words
        assert (await browser.get("/desk/nothing/season")).status == 404

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_a_server_that_stops_ends_the_rehearsal(site: Site) -> None:
    """Its process removes what it made and is gone; the page says that there is no result."""
    rehearsals = Rehearsals(site)
    rehearsals.start("weekly", weeks=52, now=NOW)
    assert [one.is_running for one in (rehearsals.last("weekly"),) if one] == [True]
    rehearsals.close()
    last = rehearsals.last("weekly")
    assert last is not None
    assert last.problem is not None
    assert multiprocessing.active_children() == []
    rehearsals.start("weekly", weeks=4, now=NOW)
    assert rehearsals.last("weekly") is last


def test_a_server_that_is_killed_leaves_no_rehearsal(tmp_path: Path) -> None:
    """The process ends though it would compute for ever, and nobody told it to end."""
    script = tmp_path / "server.py"
    script.write_text(KILLED_SERVER, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
        text=True,
    )  # returns once nobody holds its output: the rehearsal has it too
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == "begun\n"


def test_what_forbids_a_rehearsal_is_said(site: Site, tmp_path: Path) -> None:
    """As the command says it: here a template of the site that cannot be used."""
    template = tmp_path / "templates" / "issue" / "issue.mjml.j2"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text("<mjml>{% if %}</mjml>", encoding="utf-8")

    async def work(browser: Browser) -> None:
        await browser.press(await browser.get(SEASON), "Rehearse", weeks="4")
        page = await ended(browser)
        assert page.tree.xpath("//*[@role='alert']")
        assert page.tree.xpath("//button[normalize-space()='Rehearse again']")

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (20, "Under a minute"), (90, "2 min"), (7199, "2 h 00 min"), (9000, "2 h 30 min")],
)
def test_how_long_a_send_takes(seconds: int | None, said: str) -> None:
    """In minutes, and beyond two hours in hours and minutes."""
    assert duration(None if seconds is None else timedelta(seconds=seconds)) == said


def test_a_program_asks_for_a_rehearsal_and_gets_its_figures(tmp_path: Path) -> None:
    """202, then what the command prints with --json; before the first there is none."""
    with open_api(tmp_path) as api:
        path = "/newsletters/weekly/season"
        assert api.refused("GET", path)[0] == 404
        assert api.refused("POST", f"{path}?weeks=105")[0] == 422
        assert api.done("POST", f"{path}?weeks=3") == {"newsletter": "weekly"}
        while (found := api.done("GET", path))["is_running"]:
            assert found["season"] is None
            time.sleep(0.1)
        assert [one["issue"] for one in found["season"]["issues"]] == [
            *("weekly/1", "weekly/2", "weekly/3"),
        ]
        assert [one["flow"] for one in found["season"]["sources"]] == ["dry"]
        assert found["problem"] is None
