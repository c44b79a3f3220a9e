"""/settings by HTTP: publishers change newsletter.toml by forms, after a look at what changes."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline import settings_file
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site, open_site
from newsletter.store.audit import entries
from newsletter.store.users import Role
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW, REQUESTS

EDITOR = "ed@press.example.org"
TABLES = (
    '# Nobody else may send for us.\n[operators]\nmail = ["old@press.example.org"]  # for now\n'
)
WEEKLY = "/settings/newsletters/weekly"
SECRET = "hunter2-hunter2-hunter2"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue, whose file has comments and a secret."""
    site = make_site(
        tmp_path,
        now=NOW - timedelta(days=9),
        url="http://127.0.0.1:8000",
        keys="# The look is still open.",
        relay=f'username = "us"\npassword = "{SECRET}"',
        tables=TABLES,
    )
    publish(tmp_path, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    yield site
    site.database.close()


def text_of(site: Site) -> str:
    """The file as it is."""
    return (site.folder / "newsletter.toml").read_text(encoding="utf-8")


def form_with(page: Page, action: str) -> object:
    """The form whose button says this."""
    return page.tree.xpath(f"//form[.//button[@value='{action}']]")[0]


def test_a_change_is_shown_and_then_saved_with_the_comments_kept(site: Site) -> None:
    """In words and in lines of the file; this process uses it at once, and the record says who did it."""
    before = text_of(site)

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/schedule")
        assert "Monday 3 March 2025, 07:00" in page.words
        page = await browser.submit(
            form_with(page, "review"), "review", day_mon="", day_thu="yes", time="18:30"
        )
        assert page.status == 200
        assert "Mondays at 07:00 → Thursdays at 18:30" in page.words
        assert '+schedule = "30 18 * * thu"' in page.words
        assert text_of(site) == before
        page = await browser.submit(form_with(page, "save"), "save")
        assert "Saved." in page.words
        assert "Thursday 6 March 2025, 18:30" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert text_of(site) == before.replace('"0 7 * * mon"', '"30 18 * * thu"')
    assert site.settings.newsletters["weekly"].schedule == "30 18 * * thu"
    with site.database.transaction(read_only=True) as connection:
        entry = entries(connection, limit=1)[0]
    assert (entry.who, entry.what) == (EDITOR, "change settings")
    assert entry.detail == "Schedule of weekly: Goes out: Thursdays at 18:30"


def test_every_part_is_shown_and_what_is_sent_as_it_is_changes_nothing(site: Site) -> None:
    """Without JavaScript; no page has a secret, a key's name or the name of the file."""
    before = text_of(site)

    async def work(browser: Browser) -> None:
        for part in ("sender", "schedule", "look", "sections", "articles"):
            page = await browser.get(f"{WEEKLY}/{part}")
            page = await browser.submit(form_with(page, "review"), "review")
            assert "Nothing changes" in page.words, part
            assert "newsletter.toml" not in page.words
            assert "_" not in page.words
        for path in ("/settings", "/settings/site/site", "/settings/site/alerts"):
            page = await browser.get(path)
            assert page.status == 200, path
            assert SECRET not in page.text
            assert "newsletter.toml" not in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert text_of(site) == before


def test_the_last_change_is_undone_and_done_again(site: Site) -> None:
    """From the file that is kept beside, with the same mode."""
    before = text_of(site)

    async def work(browser: Browser) -> None:
        assert "Undo the last change" not in (await browser.get("/settings")).words
        assert "nothing to undo" in (await browser.get("/settings/undo")).words
        page = await browser.get("/settings/site/alerts")
        page = await browser.submit(
            form_with(page, "review"),
            "save",
            mail="new@press.example.org\nnews@press.example.org",
        )
        assert "Saved." in page.words
        assert site.settings.operators.mail == ("new@press.example.org", "news@press.example.org")
        page = await browser.get("/settings")
        page = await browser.get(page.tree.xpath("//a[contains(@href, '/undo')]/@href")[0])
        assert '+mail = ["old@press.example.org"]' in page.words
        page = await browser.press(page, "Undo")
        assert "Undone." in page.words
        assert text_of(site) == before
        assert site.settings.operators.mail == ("old@press.example.org",)
        page = await browser.press(await browser.get("/settings/undo"), "Undo")
        assert "new@press.example.org" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    kept = site.folder / "newsletter.toml.previous"
    file = site.folder / "newsletter.toml"
    assert kept.read_text(encoding="utf-8") == before
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(file.stat().st_mode)


def test_another_s_change_is_not_overwritten(site: Site) -> None:
    """What was typed stays, and can be saved once it was looked at again."""
    path = site.folder / "newsletter.toml"

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/sender")
        path.write_text(text_of(site) + "# mine\n", encoding="utf-8")
        page = await browser.submit(form_with(page, "review"), "save", tagline="Tools")
        assert page.status == 409
        assert "changed in the meantime" in page.words
        assert page.tree.xpath("//input[@name='tagline'][@value='Tools']")
        page = await browser.submit(form_with(page, "review"), "save", tagline="Tools")
        assert "Saved." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert text_of(site).endswith("# mine\n")
    assert site.settings.newsletters["weekly"].tagline == "Tools"


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        (f"{WEEKLY}/schedule", {"on_source_failure": "wait", "on_source_failure_hours": "9"}),
        (f"{WEEKLY}/schedule", {"day_mon": "", "pattern": "0 7 30 2 *"}),
        (f"{WEEKLY}/schedule", {"day_mon": "", "pattern": "nonsense"}),
        (f"{WEEKLY}/look", {"look": "brick:none"}),
        (f"{WEEKLY}/look", {"look": "../../etc:"}),
        (f"{WEEKLY}/sender", {"title": ""}),
        ("/settings/site/site", {"timezone": "Middle/Earth"}),
        ("/settings/site/site", {"language": "klingonese!"}),
    ],
)
def test_what_is_not_valid_is_said_without_the_names_of_keys(
    site: Site, path: str, typed: dict[str, str]
) -> None:
    """By the review already; nothing is written, and what was typed stays."""
    before = text_of(site)

    async def work(browser: Browser) -> None:
        for action in ("review", "save"):
            page = await browser.get(path)
            page = await browser.submit(form_with(page, "review"), action, **typed)
            assert page.status == 409, action
            alert = page.tree.xpath("//*[@role='alert']")[0].text_content()
            assert "_" not in alert
            assert "newsletter.toml" not in alert
            assert " = " not in alert

    visit(site, work, editor=EDITOR, now=NOW)
    assert text_of(site) == before


def test_a_file_that_cannot_be_written_is_shown_only(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason, and without a button that would fail."""
    monkeypatch.setattr(settings_file.os, "access", lambda *_given: False)

    async def work(browser: Browser) -> None:
        for path in (f"{WEEKLY}/sender", f"{WEEKLY}/look", "/settings/site/site", "/settings"):
            page = await browser.get(path)
            assert "may read the site's settings, but not write them" in page.words, path
            assert not page.tree.xpath("//main//button")

    visit(site, work, editor=EDITOR, now=NOW)


def test_what_the_environment_sets_is_not_changed_in_vain(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line in a file that does not count would look saved, and change nothing."""
    monkeypatch.setenv("NEWSLETTER__NEWSLETTERS__WEEKLY__TAGLINE", "From outside")
    settings = open_site(site.folder, dict(settings_file.os.environ)).settings
    site.settings.newsletters["weekly"] = settings.newsletters["weekly"]

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/sender")
        page = await browser.submit(form_with(page, "review"), "save", tagline="Mine")
        assert page.status == 409
        assert "set outside the file" in page.words

    visit(site, work, editor=EDITOR, now=NOW)


def test_a_look_is_tried_on_the_coming_issue(site: Site) -> None:
    """Every theme in every palette, also without JavaScript; an unknown one is refused."""

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/look")
        looks = page.tree.xpath("//input[@name='look']/@value")
        assert len(looks) > 40
        shown = set()
        for look in ("standard:", "brick:", "gazette:", looks[1]):
            frame = await browser.get(f"{WEEKLY}/frame?look={look}")
            assert frame.status == 200
            assert "story of 02 March 2025" in frame.text
            assert "sandbox" in frame.headers["content-security-policy"]
            shown.add(frame.text)
        assert len(shown) == 4
        page = await browser.get(f"{WEEKLY}/look?look=gazette:")
        assert page.tree.xpath("//input[@value='gazette:'][@checked]")
        assert page.tree.xpath("//iframe[contains(@src, 'look=gazette')]")
        serif = await browser.get(f"{WEEKLY}/frame?look=standard:&font=serif&density=headlines")
        assert "Iowan" in serif.text
        assert "Iowan" not in (await browser.get(f"{WEEKLY}/frame?font=none&density=")).text
        for look in ("none:", "brick:none", "..%2f..%2fetc:"):
            assert (await browser.get(f"{WEEKLY}/frame?look={look}")).status == 409

    visit(site, work, editor=EDITOR, now=NOW)
    assert site.settings.newsletters["weekly"].theme == "standard"


def test_a_look_shows_pictures_through_our_own_address(site: Site) -> None:
    """Publishers of pictures are not told who tries a look, and the frame's policy lets only ours load."""
    (site.folder / "articles" / "pictured.md").write_text(
        f"---\ntitle: Pictured\ndate: {(NOW - timedelta(hours=1)).isoformat()}\n"
        "url: https://press.example.org/pictured\ntags: [news]\n"
        "image: https://pictures.example.net/1.png\n---\nIt is seen.\n",
        encoding="utf-8",
    )
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)

    async def work(browser: Browser) -> None:
        frame = await browser.get(f"{WEEKLY}/frame?look=brick:")
        sources = frame.tree.xpath("//img/@src")
        assert any("pictures.example.net" in source for source in sources)
        assert all(source.startswith("/pictures/") for source in sources), sources

    visit(site, work, editor=EDITOR, now=NOW)


def test_only_publishers_see_settings(site: Site) -> None:
    """Every route, asked by an editor, is refused."""
    paths = {
        (request.method, request.path.partition("?")[0])
        for request in REQUESTS
        if request.path.startswith("/settings")
    }
    assert len(paths) > 9

    async def work(browser: Browser) -> None:
        for method, path in sorted(paths):
            answer = await browser._client.request(method, path)
            assert answer.status_code == 403, (method, path)
        page = await browser.get("/desk")
        assert not page.tree.xpath("//nav//a[contains(@href, '/settings')]")

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_what_does_not_exist_is_said(site: Site) -> None:
    """Parts and newsletters that there are not."""

    async def work(browser: Browser) -> None:
        for path in ("/settings/site/none", f"{WEEKLY}/none", "/settings/newsletters/no/sender"):
            assert (await browser.get(path)).status == 404, path

    visit(site, work, editor=EDITOR, now=NOW)


SECTIONS = """
# What we are known for.
[[newsletters.weekly.sections]]
title = "Security"
tags = ["security"]
exclude = ["rumour"]  # never

# Everything else.
[[newsletters.weekly.sections]]
title = "News"
"""


@pytest.fixture
def sections(site: Site) -> Site:
    """The site with two sections, written by hand."""
    path = site.folder / "newsletter.toml"
    path.write_text(text_of(site) + SECTIONS, encoding="utf-8")
    again = open_site(site.folder, {})
    again.database.close()
    site.settings.newsletters["weekly"] = again.settings.newsletters["weekly"]
    return site


def test_sections_are_added_changed_moved_and_removed(sections: Site) -> None:
    """The rows of the form are the sections; what the form does not show of one stays, with its comments."""

    async def change(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/sections")
        new = {"title_2": "Reviews", "tags_2": "reviews, tests", "show_2": "full"}
        moved = {"title_1": "All else", "place_1": "1", "most_1": "9", "place_0": "2"}
        page = await browser.submit(
            form_with(page, "review"), "review", **new, **moved, only_0="plan = 'gold'"
        )
        assert "All else: everything else, 9 articles at most" in page.words
        assert text_of(sections).count("[[newsletters.weekly.sections]]") == 2
        await browser.submit(form_with(page, "save"), "save")

    async def remove(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/sections")
        page = await browser.submit(form_with(page, "review"), "review", title_1="")
        await browser.submit(form_with(page, "save"), "save")

    visit(sections, change, editor=EDITOR, now=NOW)
    after = sections.settings.newsletters["weekly"].sections
    assert [one.title for one in after] == ["All else", "Security", "Reviews"]
    assert (after[1].only, after[1].exclude) == ("plan = 'gold'", ("rumour",))
    assert (after[2].tags, after[2].show) == (("reviews", "tests"), "full")
    text = text_of(sections)
    for comment in ("# What we are known for.", "# never", "# Everything else.", "# The look is"):
        assert comment in text
    visit(sections, remove, editor=EDITOR, now=NOW)
    titles = [one.title for one in sections.settings.newsletters["weekly"].sections]
    assert titles == ["All else", "Reviews"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("most_0", "many", "is not a number"),
        ("only_0", "plan =", "At character 7"),
        ("title_2", "News", "Two sections are called"),
    ],
)
def test_sections_that_are_not_valid_are_refused(
    sections: Site, name: str, value: str, said: str
) -> None:
    """The form keeps what was typed, and nothing is saved."""
    before = text_of(sections)

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{WEEKLY}/sections")
        page = await browser.submit(form_with(page, "review"), "review", **{name: value})
        assert said in page.words
        assert form_with(page, "review").fields[name] == value

    visit(sections, work, editor=EDITOR, now=NOW)
    assert text_of(sections) == before
