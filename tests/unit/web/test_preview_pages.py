from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import reopen
from newsletter.site.site import Site
from newsletter.web.app import make_app
from newsletter.web.editor.sharing import LINK_LASTS
from tests.factories.desk import NOW, SLUG, gather_articles, subscribe
from tests.factories.desk_browser import Browser
from tests.factories.issues import make_article, make_image
from tests.factories.pictures import with_publishers_addresses
from tests.unit.web.conftest import NEWS_DESK

URL = "/desk/weekly/1"

Browse = Callable[..., Browser]


async def test_the_hash_is_of_the_bytes_in_the_frame(browse: Browse) -> None:
    """What the page calls the HTML's hash is the hash of what the frame shows."""
    browser = browse()
    page = await browser.get(f"{URL}/preview")
    shown = page.tree.xpath("//iframe/@src")[0]
    frame = await browser.get(shown)
    wanted = page.tree.xpath("//code[@id='sha256']")[0].text
    assert hashlib.sha256(frame.text.encode()).hexdigest() == wanted
    assert page.tree.xpath("//iframe/@sandbox") == [""]


async def test_pictures_come_from_here_and_the_rest_is_as_it_is_sent(
    site: Site, browse: Browse
) -> None:
    """The hash is of the mail, whose pictures are at their publishers; no other byte differs."""
    pictured = [make_article(number, image=make_image(number)) for number in (1, 2)]
    gather_articles(site, pictured)
    draft(site, SLUG, now=NOW)
    browser = browse()
    page = await browser.get(f"{URL}/preview")
    frame = await browser.get(page.tree.xpath("//iframe/@src")[0])
    assert 'src="/pictures/' in frame.text
    assert 'src="http' not in frame.text
    mail = with_publishers_addresses(frame.text)
    wanted = page.tree.xpath("//code[@id='sha256']")[0].text
    assert hashlib.sha256(mail.encode()).hexdigest() == wanted
    assert "Pictures come through this site here" in page.words
    raw = await browser.get(f"{URL}/frame?part=raw")
    assert "/pictures/" not in raw.text


async def test_the_frame_is_closed_on_all_sides(browse: Browse) -> None:
    """Its own route has a policy of its own, whatever the view."""
    browser = browse()
    for query in ("", "?part=text", "?part=raw", "?scheme=dark&styles=off"):
        frame = await browser.get(f"{URL}/frame{query}")
        policy = frame.headers["content-security-policy"]
        assert policy.endswith("sandbox")
        assert "default-src 'none'" in policy
        assert frame.headers["referrer-policy"] == "no-referrer"
    off = await browser.get(f"{URL}/frame?images=off")
    assert "img-src 'none'" in off.headers["content-security-policy"]


async def test_every_part_of_the_message_can_be_seen(browse: Browse) -> None:
    """Text, headers and source are those of one reader's message."""
    browser = browse()
    assert "Good Gear Weekly" in (await browser.get(f"{URL}/frame?part=text")).words
    assert "List-Unsubscribe-Post" in (await browser.get(f"{URL}/frame?part=headers")).words
    assert "quoted-printable" in (await browser.get(f"{URL}/frame?part=raw")).words


async def test_as_a_client_shows_it(browse: Browse) -> None:
    """GMX drops every style sheet, and the choice of colours goes with the client's."""
    browser = browse()
    page = await browser.get(f"{URL}/preview?client=gmx")
    assert page.tree.xpath("//select[@id='client']/option[@selected]/text()") == ["GMX"]
    assert not page.tree.xpath("//input[@name='scheme' and @type='radio']")
    frame = await browser.get(page.tree.xpath("//iframe/@src")[0])
    assert not frame.tree.xpath("//style")
    assert "Good Gear Weekly" in frame.words
    assert (await browser.get(f"{URL}/frame?client=pine")).tree.xpath("//style")


async def test_what_a_thumb_can_hit_is_outlined(browse: Browse) -> None:
    """The map of links is drawn over the mail, which is otherwise the same."""
    browser = browse()
    plain, drawn = [
        (await browser.get(f"{URL}/frame{query}")).text for query in ("", "?targets=on")
    ]
    assert "a[href]{outline" in drawn
    assert re.sub(r"<style>a\[href\].*?</style>", "", drawn) == plain


async def test_the_mail_can_be_read_as_a_screen_reader_says_it(browse: Browse) -> None:
    """Headings and links are said with what they are, in the order of the mail."""
    page = await browse().get(f"{URL}/preview?part=aloud")
    said = [
        " ".join(item.text_content().split())
        for item in page.tree.xpath("//div[contains(@class, 'aloud')]//li")
    ]
    assert said[0] == "main"
    assert any(one.startswith("heading level 1, link Good Gear Weekly") for one in said)
    assert any(one.startswith("link Unsubscribe") for one in said)


async def test_as_somebody_who_follows_a_tag(browse: Browse) -> None:
    """Another edition, with another hash and fewer items."""
    browser = browse()
    everything = await browser.get(f"{URL}/frame")
    security = await browser.get(f"{URL}/frame?tags=security")
    assert len(security.text) < len(everything.text)
    both = [
        (await browser.get(f"{URL}/preview?{query}")).tree.xpath("//code[@id='sha256']")[0].text
        for query in ("", "tags=security")
    ]
    assert both[0] != both[1]


async def test_as_a_stranger_says_so(browse: Browse) -> None:
    """An address that nobody has is a message, not an error page."""
    page = await browse().get(f"{URL}/preview?as=nobody@example.org")
    assert page.status == 200
    assert "Nobody has the address nobody@example.org" in page.words
    (shown,) = page.tree.xpath("//iframe[@id='frame']/@src")
    assert (await browse().get(shown)).status == 200


async def test_nonsense_in_the_address_is_the_plain_view(browse: Browse) -> None:
    """No query breaks the page."""
    page = await browse().get(f"{URL}/preview?part=%00&width=9e99&scheme=x&mark=-1&against=z")
    assert page.status == 200


async def test_changes_since_the_approval_are_shown(browse: Browse, site: Site) -> None:
    """Reopened and mended, the issue shows what is new against what was approved."""
    subscribe(site, "reader@example.org")
    approve(site, SLUG, 1, now=NOW)
    reopen(site, SLUG, 1, editor=NEWS_DESK, now=NOW)
    browser = browse()
    page = await browser.get(URL)
    form = page.tree.xpath("//details[starts-with(@id, 'edit-')]//form")[0]
    await browser.submit(form, "rewrite", title="A headline nobody approved")
    changes = await browser.get(f"{URL}/preview?part=changes")
    assert any("nobody approved" in line.text for line in changes.tree.xpath("//li/ins"))
    changed = " ".join(line.text_content() for line in changes.tree.xpath("//li/ins | //li/del"))
    assert "nsubscribe" not in changed, "whose links they are does not count as a change"


async def test_a_reviewer_without_an_account_may_look_for_a_week(
    browse: Browse, site: Site
) -> None:
    """The link shows the issue without anybody's links; forged or too old it shows nothing."""
    browser = browse()
    page = await browser.get(f"{URL}/publish")
    page = await browser.submit(page.tree.xpath(f"//form[@action='{URL}/share']")[0])
    path = page.tree.xpath("//input[@id='shared']/@value")[0].removeprefix(site.settings.site.url)
    browser._client.cookies.clear()
    shared = await browser.get(path)
    assert shared.status == 200
    (form,) = shared.tree.xpath("//form")
    assert form.action == f"{path}/comments", "nothing can be changed"
    frame = await browser.get(f"{path}/frame")
    assert not re.search(r"/u/(?!specimen)", frame.text)
    assert frame.headers["content-security-policy"].endswith("sandbox")
    assert (await browser.get(path[:-4] + "AAAA")).status == 404
    assert (await browser.get(URL)).url == "/sign-in", "it opens nothing else"

    later = Browser(make_app(site, clock=lambda: NOW + LINK_LASTS), "")
    assert (await later.get(path)).status == 404
    await later.close()


async def test_an_editor_never_sees_a_readers_live_links(browse: Browse, site: Site) -> None:
    """No part of a preview as a reader holds a token or a Message-ID that opens or proves anything."""
    subscribe(site, "reader@example.org")
    browser = browse()
    for part in ("html", "text", "headers", "raw"):
        frame = await browser.get(f"{URL}/frame?part={part}&as=reader@example.org")
        assert "/u/specimen" in frame.text.replace("=\n", "").replace("=2F", "/")
        assert not re.search(r"/[up]/(?!specimen)[\w=.-]", frame.text)
    page = await browser.get("/u/specimen")
    assert "This is a specimen link" in page.words
