"""Each reader gets the issue at an hour of their own day: by command, by a reader's and an editor's hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsletter.site.site import Site
from subscribers import people
from subscribers.tokens import Purpose
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, READERS, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import Office, open_office

pytestmark = [pytest.mark.browser]

LONDON, KOLKATA = "reader00@example.org", "reader01@example.org"
HOUR = f"{NOW:%H:%M}"


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """An approved issue for half past nine of each reader's day, and two readers elsewhere."""
    site = new_site("approved")
    configuration = Path(site.folder) / "newsletter.toml"
    text = configuration.read_text(encoding="utf-8")
    table = "[newsletters.weekly]\n"
    text = text.replace(table, f'{table}deliver = "reader {HOUR}"\n')
    configuration.write_text(text, encoding="utf-8")
    for address, zone in ((LONDON, "Europe/London"), (KOLKATA, "Asia/Kolkata")):
        site.done("subscribers", "add", address, "--list", "weekly", "--time-zone", zone, now=NOW)
    return site


@pytest.fixture
def office(site: CommandLine) -> Iterator[Office]:
    """The first wave is sent."""
    site.done("send", "weekly", now=NOW)
    with open_office(Path(site.folder)) as running:
        yield running


def preferences(site: Site, address: str) -> str:
    """The path of the reader's preferences."""
    with site.database.transaction(read_only=True) as connection:
        number = people.find(connection, address).id
    return f"/p/{site.tokens.make(Purpose.PREFERENCES, number, 'weekly')}"


def test_commands_send_wave_by_wave_and_say_what_waits(
    site: CommandLine, catcher: MailCatcher
) -> None:
    """A rehearsal names the waves; each send ends with 0 and says until when the rest waits."""
    before = len(catcher.mails)
    rehearsal = site.done("send", "weekly", "--dry-run", "--json", now=NOW).document
    assert [wave["messages"] for wave in rehearsal["waves"]] == [1, len(READERS) - 2, 1]
    preview = site.done(
        "preview", "weekly", "--out", str(site.folder / "p"), "--as", KOLKATA, "--json", now=NOW
    )
    assert preview.document["goes_out"] == "2026-03-09T04:00:00+00:00"
    sent = site.done("send", "weekly", "--json", now=NOW)
    assert sent.document["waiting"] == {
        "count": len(READERS) - 1,
        "until": rehearsal["waves"][1]["not_before"],
    }
    assert "wait for the hour of the readers' own day" in sent.err
    assert [mail.recipient for mail in catcher.mails[before:]] == [LONDON]
    status = site.done("status", "weekly", "--json", now=NOW).document
    assert [(wave["planned"], wave["accepted"], wave["left"]) for wave in status["waves"]] == [
        (1, 1, 0),
        (len(READERS) - 2, 0, len(READERS) - 2),
        (1, 0, 1),
    ]
    assert status["waves"][2]["zones"] == ["Asia/Kolkata"]
    assert "wait for the hour" in site.done("status", now=NOW).out
    run = site.done("run", "--json", now=NOW + timedelta(days=1)).document
    (weekly,) = [one for one in run["newsletters"] if one["newsletter"] == "weekly"]
    assert (weekly["result"], weekly["send"]["waiting"]) == ("sent", None)
    assert len(catcher.mails) == before + len(READERS)


def test_a_wrong_hour_and_a_wrong_zone_are_named(site: CommandLine) -> None:
    """What is wrong, where, and how it is written; a schedule of twice a day is refused."""
    answer = site("subscribers", "add", LONDON, "--list", "weekly", "--time-zone", "Europe/Lodnon")
    assert answer.code == 65
    assert "write Europe/London" in answer.err
    configuration = Path(site.folder) / "newsletter.toml"
    text = configuration.read_text(encoding="utf-8")
    for wrong in ("reader 25:00", "7 o'clock"):
        configuration.write_text(text.replace(f"reader {HOUR}", wrong), encoding="utf-8")
        refused = site("check")
        assert refused.code == 78
        assert "newsletters.weekly.deliver" in refused.err
        assert 'write one such as "reader 07:00"' in refused.err
    schedule = next(line for line in text.splitlines() if line.startswith("schedule"))
    configuration.write_text(text.replace(schedule, 'schedule = "0 7,19 * * *"'), encoding="utf-8")
    assert "comes more than once a day" in site("check").err
    configuration.write_text(text.replace(schedule, 'schedule = "0 7 * * *"'), encoding="utf-8")
    assert "up to a day after it is due" in site.done("check", now=NOW).err


def test_a_reader_chooses_a_time_zone_by_hand_and_by_the_device_s_offer(
    office: Office, chromium: Chromium
) -> None:
    """Saved only when the form is; without JavaScript the list of places does."""

    def work(browser: Browser) -> None:
        context = browser.new_context(
            base_url=office.base, timezone_id="Asia/Kolkata", locale="en-GB"
        )
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        requests: list[str] = []
        page.goto(preferences(office.site, "guard0@example.net"))
        page.on("request", lambda request: requests.append(request.url))
        expect(page.get_by_label("Your time zone")).to_have_value("")
        page.get_by_role("button", name="Choose that of this device: Kolkata").click()
        expect(page.get_by_label("Your time zone")).to_have_value("Asia/Kolkata")
        assert requests == []
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        expect(page.get_by_label("Your time zone")).to_have_value("Asia/Kolkata")
        expect(page.get_by_role("button", name="Choose that of this device")).to_have_count(0)
        context.close()
        plain = browser.new_context(base_url=office.base, java_script_enabled=False)
        page = plain.new_page()
        page.goto(preferences(office.site, "guard1@example.net"))
        expect(page.get_by_role("button", name="Choose that of this device")).to_have_count(0)
        page.get_by_label("Your time zone").select_option(label="Nuuk")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Your time zone")).to_have_value("America/Nuuk")
        plain.close()

    chromium.run(work)
    with office.site.database.transaction(read_only=True) as connection:
        kolkata = people.show(connection, "guard0@example.net")
        assert people.show(connection, "guard1@example.net")["time_zone"] == "America/Nuuk"
    assert kolkata["time_zone"] == "Asia/Kolkata"
    assert kolkata["history"][-1]["detail"] == "is in Asia/Kolkata"


def test_an_editor_sees_the_waves_and_stops_after_the_first(
    office: Office, catcher: MailCatcher, chromium: Chromium
) -> None:
    """A table of hours, places and counts; after the stop nothing goes; a reader's zone by hand."""
    before = len(catcher.mails)

    def work(browser: Browser) -> None:
        editor = office.sit_down(browser)
        page = editor.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto("/desk/weekly/1/report")
        expect(page.get_by_role("heading", name="Waiting for the readers’ morning")).to_be_visible()
        expect(page.locator("#waiting")).to_contain_text(f"{len(READERS) - 1} messages wait")
        table = page.get_by_role("table").filter(has_text="For readers in")
        rows = table.locator("tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("London")
        expect(rows.nth(1)).to_contain_text("no chosen time zone")
        expect(rows.nth(2)).to_contain_text("Kolkata")
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("button", name="Stop sending").click()
        expect(page.get_by_text(f"{len(READERS) - 1} messages are not sent.")).to_be_visible()
        with office.site.database.transaction(read_only=True) as connection:
            number = people.find(connection, KOLKATA).id
        page.goto(f"/people/{number}")
        page.get_by_label("Time zone").select_option(label="Kathmandu")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Time zone")).to_have_value("Asia/Kathmandu")
        page.goto("/settings/newsletters/weekly/schedule")
        expect(page.get_by_label("Time of each reader's own day")).to_have_value(HOUR)
        editor.close()

    chromium.run(work)
    assert len(catcher.mails) == before
