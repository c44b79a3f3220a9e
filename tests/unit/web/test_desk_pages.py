from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from newsletter.issues.blocks import Block, BlockKind, PopularList, PopularRow, Ranking
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store.issues import find_issue, save_draft
from newsletter.store.job_outcomes import Ended, JobOutcome, record_outcome
from newsletter.web.editor.forms import item_id
from tests.factories.desk import NOW, SLUG, gather_articles
from tests.factories.desk_browser import Browser
from tests.factories.issues import make_article
from tests.unit.web.conftest import COPY_DESK

DESK = "/desk/weekly/1"

Browse = Callable[..., Browser]


def issue_of(site: Site) -> Issue:
    """The coming issue as it stands in the database."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, SLUG, 1)


async def test_the_list_shows_what_is_coming(browse: Browse) -> None:
    """The first page names the newsletter, its coming issue and when it is due."""
    page = await browse().get("/desk")
    assert page.status == 200
    assert "Good Gear Weekly" in page.words
    assert "No. 1" in page.words
    assert "Monday 3 March, 07:00" in page.words
    assert not page.tree.xpath("//nav/a[@href='/nodes']"), "SQLite has no sending nodes"


async def test_without_an_issue_one_can_be_made(browse: Browse, site: Site) -> None:
    """Making the issue that is there already leads to it, and makes no second."""
    browser = browse()
    assert (await browser.get(f"/desk/{SLUG}")).url == DESK
    draft_again = await browser._client.post(f"/desk/{SLUG}/draft")
    assert draft_again.status_code == 403, "not without the form's token"


async def test_nobody_unknown_sees_the_desk(browse: Browse) -> None:
    """Without a session every page leads to the sign-in."""
    browser = browse()
    browser._client.cookies.clear()
    assert (await browser.get(DESK)).url == "/sign-in"


async def test_the_desk_shows_items_tray_and_window(browse: Browse, site: Site) -> None:
    """Every item stands once with its reason, what was left out stands in the tray."""
    page = await browse().get(DESK)
    issue = issue_of(site)
    for item in issue.items:
        assert len(page.tree.xpath(f"//li[@id='item-{item_id(item.article)}']")) == 1
    assert len(page.tree.xpath("//ul[@class='tray']/li")) == len(issue.left_out) > 0
    assert len(page.tree.xpath("//figure[@class='strip']//*[name()='circle']")) == 12


async def test_pages_run_no_inline_code_and_load_nothing_foreign(browse: Browse) -> None:
    """The policy is strict, and the page keeps to it."""
    page = await browse().get(DESK)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert not page.tree.xpath("//script[not(@src)] | //style | //*[@style] | //*[@onclick]")
    for source in page.tree.xpath("//script/@src | //link[@rel='stylesheet']/@href"):
        assert source.startswith("/desk/static/")
        assert (await browse().get(source)).status == 200


async def test_items_move_by_buttons(browse: Browse, site: Site) -> None:
    """Without JavaScript: down, up, another section, and to the lead."""
    browser = browse()
    security = [item for item in issue_of(site).items[1:] if item.section == "Security"]
    first, second = (item_id(item.article) for item in security[:2])

    async def press(item: str, button: str, **fields: str) -> None:
        page = await browser.get(DESK)
        form = page.tree.xpath(f"//li[@id='item-{item}']//form[@class='tools']")[0]
        assert (await browser.submit(form, button, **fields)).status == 200

    def order(section: str) -> list[str]:
        return [
            item_id(item.article) for item in issue_of(site).items[1:] if item.section == section
        ]

    await press(first, "down")
    assert order("Security")[:2] == [second, first]
    await press(first, "up")
    assert order("Security")[:2] == [first, second]
    await press(first, "move", section="Making")
    assert order("Making")[-1] == first
    await press(first, "lead")
    assert item_id(issue_of(site).items[0].article) == first


async def test_an_items_words_are_edited_and_reset(browse: Browse, site: Site) -> None:
    """A new headline is saved and shown; the article's own comes back."""
    browser = browse()
    item = issue_of(site).items[1]
    form = f"//details[@id='edit-{item_id(item.article)}']//form"
    page = await browser.get(DESK)
    page = await browser.submit(page.tree.xpath(form)[0], "rewrite", title="A <b>bold</b> claim")
    assert issue_of(site).items[1].title == "A <b>bold</b> claim"
    assert issue_of(site).items[1].overrides.summary is None, "what was not changed is not kept"
    assert "A <b>bold</b> claim" in page.words, "escaped, not marked up"
    page = await browser.submit(page.tree.xpath(form)[0], "reset")
    assert issue_of(site).items[1].title == item.article.title


async def test_a_picture_must_have_a_web_address(browse: Browse, site: Site) -> None:
    """What was typed comes back with the reason, and nothing is saved."""
    browser = browse()
    item = issue_of(site).items[1]
    page = await browser.get(DESK)
    form = page.tree.xpath(f"//details[@id='edit-{item_id(item.article)}']//form")[0]
    page = await browser.submit(form, "rewrite", title="Kept", image_url="javascript:alert(1)")
    assert page.status == 422
    assert "not the address of a picture" in page.words
    assert page.tree.xpath(f"//input[@id='title-{item_id(item.article)}']/@value") == ["Kept"]
    assert issue_of(site).items[1] == item


async def test_undo_and_redo_are_one_button_each(browse: Browse, site: Site) -> None:
    """A hidden item is shown again by undo, and hidden by redo."""
    browser = browse()
    item = issue_of(site).items[2]
    page = await browser.get(DESK)
    form = page.tree.xpath(f"//li[@id='item-{item_id(item.article)}']//form[@class='tools']")[0]
    page = await browser.submit(form, "hide")
    assert issue_of(site).items[2].hidden
    page = await browser.press(page, "undo")
    assert not issue_of(site).items[2].hidden
    await browser.press(page, "redo")
    assert issue_of(site).items[2].hidden


async def test_two_editors_get_both_versions_to_choose_from(browse: Browse, site: Site) -> None:
    """The second is answered 409 with both versions, nothing is lost, and its editor may insist."""
    news_desk, copy_desk = browse(), browse(COPY_DESK)
    item = issue_of(site).items[1]
    form = f"//details[@id='edit-{item_id(item.article)}']//form"
    seen_by_both = await news_desk.get(DESK)
    seen_by_copy = await copy_desk.get(DESK)
    await copy_desk.submit(
        seen_by_copy.tree.xpath(form)[0], "rewrite", title="Copy desk's headline"
    )
    clash = await news_desk.submit(
        seen_by_both.tree.xpath(form)[0], "rewrite", title="News desk's headline"
    )
    assert clash.status == 409
    assert "Copy desk's headline" in clash.words
    assert clash.tree.xpath("//input[@id='mine-title']/@value") == ["News desk's headline"]
    assert issue_of(site).items[1].title == "Copy desk's headline"
    after = await news_desk.submit(clash.tree.xpath("//form[@class='fields']")[0])
    assert after.status == 200
    assert issue_of(site).items[1].title == "News desk's headline"


async def test_an_undo_that_clashes_is_told_on_the_desk(browse: Browse, site: Site) -> None:
    """It would take away what somebody else wrote: nothing happens, and the page says why."""
    news_desk, copy_desk = browse(), browse(COPY_DESK)
    item = issue_of(site).items[1]
    form = f"//details[@id='edit-{item_id(item.article)}']//form"
    page = await news_desk.get(DESK)
    page = await news_desk.submit(page.tree.xpath(form)[0], "rewrite", title="News desk's")
    seen = await copy_desk.get(DESK)
    await copy_desk.submit(seen.tree.xpath(form)[0], "rewrite", title="Copy desk's")
    page = await news_desk.press(page, "undo")
    assert page.status == 409
    assert f"{COPY_DESK} rewrote" in page.words
    assert page.tree.xpath("//ul[@class='items']"), "the desk is still there"
    assert issue_of(site).items[1].title == "Copy desk's"


async def test_several_articles_are_changed_at_once(browse: Browse, site: Site) -> None:
    """Checked boxes and one button, without JavaScript; one undo takes it back."""
    browser = browse()
    before = issue_of(site)
    chosen = [item_id(item.article) for item in before.items[1:4]]
    page = await browser.get(DESK)
    assert page.tree.xpath("//input[@name='items'][@form='bulk']/@value").count(chosen[0]) == 1
    form = "//form[@id='bulk']"
    page = await browser.submit(
        page.tree.xpath(form)[0], "move-chosen", section="The rest", items="\n".join(chosen)
    )
    rest = [item_id(item.article) for item in issue_of(site).items if item.section == "The rest"]
    assert rest[-3:] == chosen
    assert "moved 3 articles to The rest" in page.words
    page = await browser.submit(page.tree.xpath(form)[0], "hide-chosen", items="\n".join(chosen))
    assert sum(item.hidden for item in issue_of(site).items) == 3
    page = await browser.press(page, "undo")
    page = await browser.press(page, "undo")
    assert issue_of(site).items == before.items
    page = await browser.submit(page.tree.xpath(form)[0], "pin-chosen")
    assert page.status == 422
    assert "No article is selected" in page.words


async def test_several_articles_are_added_at_once(browse: Browse, site: Site) -> None:
    """Each goes to the section that its tags lead to; one undo takes all out again."""
    browser = browse()
    before = issue_of(site)
    page = await browser.get(DESK)
    keys = page.tree.xpath("//input[@name='key'][@form='bulk-add']/@value")
    assert len(keys) >= 2
    page = await browser.submit(
        page.tree.xpath("//form[@id='bulk-add']")[0], "add", key="\n".join(keys[:2])
    )
    assert "2 articles were added" in page.words
    added = {item.article.key: item for item in issue_of(site).items if item.article.key in keys}
    assert len(added) == 2
    await browser.press(page, "undo")
    assert issue_of(site).items == before.items


async def test_what_was_left_out_can_be_put_in(browse: Browse, site: Site) -> None:
    """One press brings an article from the tray into a section."""
    browser = browse()
    out = issue_of(site).left_out[0]
    page = await browser.get(DESK)
    form = page.tree.xpath(f"//form[input[@name='key'][@value='{out.key}']]")[0]
    await browser.submit(form, "add", section="Making")
    issue = issue_of(site)
    assert next(item for item in issue.items if item.article.key == out.key).section == "Making"
    assert out.key not in {entry.key for entry in issue.left_out}


async def test_the_sources_are_fetched_at_a_press(browse: Browse, site: Site) -> None:
    """What came since the draft comes in; what was changed stays."""
    browser = browse()
    page = await browser.get(DESK)
    form = "//form[input[@name='gather']]"
    page = await browser.submit(
        page.tree.xpath("//form[input[@value='say-intro']]")[0], intro="Kept"
    )
    gather_articles(site, [make_article(50, title="Brand new")])
    page = await browser.submit(page.tree.xpath(form)[0])
    assert page.url == DESK
    assert "Brand new" in page.words
    assert issue_of(site).words.intro == "Kept"


async def test_subject_and_notes_are_said_and_taken_back(browse: Browse, site: Site) -> None:
    """A subject of the editor's stands until it is emptied; the inbox rows show it cut."""
    browser = browse()
    page = await browser.get(DESK)
    made = issue_of(site).subject
    subject = "What the tide taught a county engineer about valves, and why it matters in March"
    form = "//form[input[@value='say-inbox']]"
    page = await browser.submit(page.tree.xpath(form)[0], subject=subject)
    assert issue_of(site).subject == subject
    assert "What the tide taught a county…" in page.words
    page = await browser.submit(page.tree.xpath(form)[0], subject="")
    assert issue_of(site).subject == made
    await browser.submit(page.tree.xpath("//form[input[@value='say-intro']]")[0], intro="**Hello**")
    assert issue_of(site).words.intro == "**Hello**"


async def test_a_block_is_added_changed_and_removed(browse: Browse, site: Site) -> None:
    """A sponsor with dates, which must not end before they start."""
    browser = browse()
    page = await browser.get(DESK)
    new = "//details[@id='block-new']//form"
    wrong = {"title": "Rope & Co.", "starts": "2025-03-09", "ends": "2025-03-01"}
    page = await browser.submit(page.tree.xpath(new)[0], "block", **wrong)
    assert page.status == 422
    assert issue_of(site).blocks == ()
    page = await browser.submit(page.tree.xpath(new)[0], "block", **wrong | {"ends": "2025-03-20"})
    (block,) = issue_of(site).blocks
    assert block.title == "Rope & Co."
    own = f"//details[@id='block-{block.id}']//form"
    for minutes in ("0", "-3", "many", "99999"):
        refused = await browser.submit(page.tree.xpath(own)[0], "block", minutes=minutes)
        assert refused.status == 422
    page = await browser.get(DESK)
    page = await browser.submit(
        page.tree.xpath(own)[0], "block", text="Strong *rope*", kind="podcast", minutes="34"
    )
    (block,) = issue_of(site).blocks
    assert (block.text, block.minutes) == ("Strong *rope*", 34)
    page = await browser.submit(page.tree.xpath(own)[0], "block", title="A rope is heard")
    assert issue_of(site).blocks[0].minutes == 34
    await browser.submit(page.tree.xpath(own)[0], "drop-block")
    assert issue_of(site).blocks == ()


async def test_an_automatic_list_stands_until_an_editor_changes_a_row(
    browse: Browse, site: Site
) -> None:
    """A new heading leaves it automatic; a changed row makes it the editor's; clearing undoes that."""
    rows = (PopularRow(title="Tide [2]", url="https://press.example.org/a"),)
    made = PopularList(ranking=Ranking.CLICKS, rows=rows, issues=4)
    issue = issue_of(site)
    block = Block(id="popular-1", kind=BlockKind.POPULAR, title="", made=made)
    with site.database.transaction() as connection:
        save_draft(connection, replace(issue, blocks=(block,)), due_date="2025-03-03")
    browser, own = browse(), "//details[@id='block-popular-1']//form"
    page = await browser.get(DESK)
    page = await browser.submit(page.tree.xpath(own)[0], "block", title="Reviews")
    assert issue_of(site).blocks == (replace(block, title="Reviews"),)
    page = await browser.submit(page.tree.xpath(own)[0], "block", text="1. My own")
    assert issue_of(site).blocks == (replace(block, title="Reviews", text="1. My own"),)
    await browser.submit(page.tree.xpath(own)[0], "block", text="")
    assert issue_of(site).blocks == (replace(block, title="Reviews"),)


async def test_an_unknown_issue_is_a_page_that_says_so(browse: Browse) -> None:
    """404, and a way back."""
    page = await browse().get("/desk/weekly/99")
    assert page.status == 404
    assert "weekly/99" in page.words
    assert (await browse().get("/desk/nothing/1")).status == 404


async def test_the_first_page_says_which_work_did_not_go_well(browse: Browse, site: Site) -> None:
    """In an editor's words, without the error's own."""
    for job, ended in ((f"issue:{SLUG}", Ended.CRASHED), ("letters", Ended.DONE)):
        with site.database.transaction() as connection:
            outcome = JobOutcome(
                job=job, ended=ended, started_at=NOW, finished_at=NOW, error="KeyError: secret"
            )
            record_outcome(connection, outcome)
    words = (await browse().get("/desk")).words
    assert f"The last work on {site.newsletter(SLUG).title} did not finish properly." in words
    assert "letters" not in words
    assert "KeyError" not in words
