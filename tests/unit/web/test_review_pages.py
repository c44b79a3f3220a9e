"""Reviewers without an account comment by their link; editors see it at the article and resolve it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from newsletter.issues.issue import State
from newsletter.site.site import Site
from newsletter.store.issues import find_issue
from newsletter.store.review_comments import comments_on
from newsletter.store.users import Role
from newsletter.web.app import make_app
from newsletter.web.editor import review_form
from tests.factories.desk import NOW, SLUG, subscribe
from tests.factories.desk_browser import Browser, Page, session_cookie
from tests.unit.web.conftest import NEWS_DESK

DESK = "/desk/weekly/1"
FORM = "//form[contains(@action, '/comments')]"


@dataclass(slots=True)
class Review:
    """A site at a time that the test moves on, an editor, and a reviewer with their link."""

    site: Site
    editor: Browser
    reviewer: Browser
    link: str
    times: list[datetime] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.times.append(self.times[-1] + timedelta(seconds=seconds))

    async def say(self, *, after: float = 3, **fields: str) -> Page:
        """Open the link and send the form so many seconds later."""
        page = await self.reviewer.get(self.link)
        self.wait(after)
        filled = {"name": "Ada", "text": "A comma is missing.", **fields}
        return await self.reviewer.submit(page.tree.xpath(FORM)[0], **filled)

    def texts(self) -> list[str]:
        """What was said."""
        with self.site.database.transaction(read_only=True) as connection:
            made = comments_on(connection, find_issue(connection, SLUG, 1))
        return [one.remark.text for one in made]


@pytest_asyncio.fixture
async def review(site: Site) -> AsyncIterator[Review]:
    """An issue whose link was made."""
    times = [NOW]
    app = make_app(site, clock=lambda: times[-1])
    editor = Browser(app, session_cookie(site, NEWS_DESK, role=Role.PUBLISHER, now=NOW))
    page = await editor.get(f"{DESK}/publish")
    page = await editor.submit(page.tree.xpath(f"//form[@action='{DESK}/share']")[0])
    link = page.tree.xpath("//input[@id='shared']/@value")[0].removeprefix(site.settings.site.url)
    reviewer = Browser(app, "")
    yield Review(site=site, editor=editor, reviewer=reviewer, link=link, times=times)
    await editor.close()
    await reviewer.close()


async def test_a_comment_stands_at_its_article_until_it_is_resolved(review: Review) -> None:
    """By forms alone: said, shown with its count, resolved, opened again."""
    page = await review.reviewer.get(review.link)
    (article,) = page.tree.xpath("//select[@name='item']/option[2]/@value")
    page = await review.say(item=article, text="Is <this> so?")
    assert "the editors have your comment" in page.words
    assert "Is <this> so?" in page.words
    assert page.tree.xpath("//input[@name='name']/@value") == ["Ada"], "for the next comment"
    page = await review.editor.get(DESK)
    row = page.tree.xpath(f"//li[@id='item-{article}']")[0]
    assert row.xpath(".//span[contains(@class, 'said')]")
    assert "Is <this> so?" in row.text_content()
    assert "<this>" not in page.text
    page = await review.editor.submit(row.xpath(f".{FORM}")[0], "resolve")
    assert page.url == DESK
    assert not page.tree.xpath("//span[contains(@class, 'said')]")
    assert "resolved by news" in page.words
    page = await review.editor.submit(
        page.tree.xpath(f"//section[@id='comments']{FORM}")[0], "reopen"
    )
    assert page.tree.xpath("//span[contains(@class, 'said')]")


async def test_what_is_refused_comes_back_as_it_was_typed(review: Review) -> None:
    """Too quick for a person, without a name, or too long: nothing is kept, and nothing lost."""
    page = await review.say(after=0.5, text="Quick")
    assert page.status == 422
    assert page.tree.xpath("//textarea/text()") == ["Quick"]
    assert review.texts() == []
    page = await review.say(name=" ", text="Nobody")
    assert page.status == 422
    assert "There is no name yet" in page.words
    page = await review.say(text="x" * 2001)
    assert "longer than 2,000 characters" in page.words
    assert review.texts() == []


async def test_pressing_twice_keeps_one_comment(review: Review) -> None:
    """A form that is sent again says nothing new; with another text it is asked for again."""
    page = await review.reviewer.get(review.link)
    review.wait(3)
    form = page.tree.xpath(FORM)[0]
    for _press in range(2):
        page = await review.reviewer.submit(form, name="Ada", text="Once")
        assert page.status == 200
    page = await review.reviewer.submit(form, name="Ada", text="Another")
    assert page.status == 422
    assert page.tree.xpath("//textarea/text()") == ["Another"]
    assert review.texts() == ["Once"]


async def test_robots_and_floods_are_kept_out(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trap, a form that is not ours, and more than a network may say."""
    page = await review.say(website="https://spam.example")
    assert page.status == 422
    page = await review.say(stamp="0.forged.stamp")
    assert page.status == 422
    assert review.texts() == []
    monkeypatch.setattr(
        review_form, "PER_NETWORK", review_form.AttemptLimit(most=2, per=timedelta(hours=1))
    )
    statuses = [(await review.say(text=f"No. {number}")).status for number in range(3)]
    assert statuses == [200, 200, 429]
    assert review.texts() == ["No. 0", "No. 1"]


async def test_a_link_that_ended_takes_no_comment(review: Review) -> None:
    """Neither does one that is forged."""
    page = await review.reviewer.get(review.link)
    form = page.tree.xpath(FORM)[0]
    review.wait(8 * 24 * 3600)
    assert (await review.reviewer.submit(form, name="Ada", text="Late")).status == 404
    assert review.texts() == []


async def test_approving_with_open_comments_asks_once(review: Review) -> None:
    """The box says how many; one more that came meanwhile is asked about again."""
    subscribe(review.site, "reader@example.org")
    await review.say(text="Wait!")

    def state() -> State:
        with review.site.database.transaction(read_only=True) as connection:
            return find_issue(connection, SLUG, 1).state

    page = await review.editor.get(f"{DESK}/publish")
    assert "1 comment is open" in page.words
    form = "//form[@id='approve']"
    page = await review.editor.submit(page.tree.xpath(form)[0])
    assert page.status == 409
    assert state() is State.DRAFT
    await review.say(text="And this!")
    page = await review.editor.submit(page.tree.xpath(form)[0], despite="1")
    assert page.status == 409
    assert "2 comments are open" in page.words
    page = await review.editor.submit(page.tree.xpath(form)[0], despite="2")
    assert state() is State.APPROVED


async def test_the_links_of_an_issue_can_be_ended(review: Review) -> None:
    """Those made until then open and take nothing any more; one that is made afterwards does."""
    form = (await review.reviewer.get(review.link)).tree.xpath(FORM)[0]
    page = await review.editor.get(f"{DESK}/publish")
    _, end = page.tree.xpath(f"//form[@action='{DESK}/share']")
    page = await review.editor.submit(end)
    assert "The links to this issue have ended." in page.words
    assert not page.tree.xpath("//input[@id='shared']")
    for path in (review.link, f"{review.link}/frame"):
        assert (await review.reviewer.get(path)).status == 404
    review.wait(3)
    refused = await review.reviewer.submit(form, name="Ada", text="Too late.")
    assert (refused.status, review.texts()) == (404, [])
    make, _ = page.tree.xpath(f"//form[@action='{DESK}/share']")
    page = await review.editor.submit(make)
    anew = page.tree.xpath("//input[@id='shared']/@value")[0].removeprefix(
        review.site.settings.site.url
    )
    assert anew != review.link
    assert (await review.reviewer.get(anew)).status == 200
