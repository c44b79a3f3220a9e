"""Defects that were seeded into a good issue, one at a time: lint finds each, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.lint import ALWAYS, lint
from newsletter.rendering.slots import sentinel
from tests.factories.editions import NONCE, make_edition, make_masthead
from tests.factories.issues import make_items

Change = Callable[[Edition], Edition]

ITEMS = make_items(4, pictures=True)
GOOD = make_edition(ITEMS)
UNSUBSCRIBE = sentinel(Slot.UNSUBSCRIBE, NONCE)
ADDRESS = make_masthead().postal_address
LINK = "https://example.org/"
LONG = "many words that stay on their line " * 3


def says(**changes: str) -> Change:
    """Another subject, preheader or text part."""
    return lambda edition: replace(edition, **changes)


def html(change: Callable[[str], str]) -> Change:
    """Another HTML part."""
    return lambda edition: replace(edition, html=change(edition.html))


def put(markup: str) -> Change:
    """Markup before the first heading, in the colours of the text."""
    return html(lambda text: text.replace("<h1", f'<div class="summary">{markup}</div><h1', 1))


def sheet(css: str) -> Change:
    """One more style sheet."""
    return html(lambda text: text.replace("</head>", f"<style>{css}</style></head>", 1))


def swap(old: str, new: str) -> Change:
    """Each `old` becomes `new`."""
    return html(lambda text: text.replace(old, new))


def unsubscribe(style: str) -> Change:
    """Every unsubscribe link has more in its style."""
    pattern = re.compile(rf'(<a[^>]*href="{UNSUBSCRIBE}"[^>]*style="[^"]*)"')
    return html(lambda text: pattern.sub(rf'\g<1>;{style}"', text))


def address(style: str) -> Change:
    """The postal address has more in its style."""
    pattern = re.compile(rf'(<p[^>]*style="[^"]*)"(?=>{ADDRESS})')
    return html(lambda text: pattern.sub(rf'\g<1>;{style}"', text))


def named(css: str) -> Change:
    """The unsubscribe links have the class `x`, and a style sheet says this."""
    link = swap(f'<a href="{UNSUBSCRIBE}"', f'<a class="x" href="{UNSUBSCRIBE}"')
    return lambda edition: sheet(css)(link(edition))


def image(attributes: str) -> Change:
    """A picture."""
    return put(f"<img {attributes}>")


def link(href: str, words: str = "The page in question") -> Change:
    """A link."""
    return put(f'<p><a href="{href}">{words}</a></p>')


SEEDS: tuple[tuple[str, Change], ...] = (
    # What the law requires, hidden.
    ("unsubscribe", unsubscribe("display:none")),
    ("unsubscribe", unsubscribe("max-height:0;overflow:hidden")),
    ("unsubscribe", unsubscribe("font-size:0")),
    ("unsubscribe", unsubscribe("opacity:0.01")),
    ("unsubscribe", unsubscribe("color:transparent")),
    ("unsubscribe", unsubscribe("text-indent:-9999px")),
    ("unsubscribe", unsubscribe("height:0;overflow:hidden")),
    ("unsubscribe", named(".x { display: none !important; }")),
    ("unsubscribe", named("@media (max-width: 480px) { .x { display: none !important; } }")),
    ("unsubscribe", swap(UNSUBSCRIBE, f"{LINK}leave")),
    ("unsubscribe", says(text=GOOD.text.replace(UNSUBSCRIBE, f"{LINK}leave"))),
    ("postal-address", address("display:none")),
    ("postal-address", address("max-height:0;overflow:hidden")),
    ("postal-address", address("color:transparent")),
    ("postal-address", swap(ADDRESS, f"<!-- {ADDRESS} -->")),
    ("postal-address", swap(ADDRESS, f'<img src="{LINK}a.png" alt="{ADDRESS}" width="99">')),
    ("postal-address", says(text=GOOD.text.replace("1 Example St", ""))),
    # Too wide for a phone.
    ("wide-block", put('<div style="width:600px">x</div>')),
    ("wide-block", put('<table role="presentation" width="600"><tr><td>x</td></tr></table>')),
    ("wide-block", image(f'src="{LINK}a.png" alt="The gate" width="800"')),
    ("wide-block", put(f'<p style="white-space:nowrap">{LONG}</p>')),
    ("wide-block", put(f"<pre>{LONG}</pre>")),
    # Links that lead nowhere, or where only few get.
    ("text-links", says(text=re.sub(r"https?://\S+", "", GOOD.text))),
    ("local-link", link("http://localhost:8000/draft")),
    ("local-link", link("https://files.internal/")),
    ("local-link", link("https://intranet/page")),
    ("local-link", link("https://staging.example.test/")),
    ("local-link", link("https://https://example.org/")),
    ("address", put("<a>The page in question</a>")),
    ("address", link("")),
    ("address", link("#")),
    ("address", link("www.example.org")),
    ("address", link("{{ url }}")),
    ("address", link("javascript:open()")),
    ("address", link("file:///home/page.html")),
    ("address", image('src="cid:gate" alt="The gate" width="9"')),
    ("numeric-host", link("https://9.9.9.9/page")),
    ("short-link", link("https://bit.ly/page")),
    ("other-address", link(f"{LINK}page", "https://www.bank.example/page")),
    ("https", link("http://example.org/page")),
    ("tracking", link(f"{LINK}?utm_source=weekly")),
    # Pictures.
    ("tracking-pixel", image(f'src="{LINK}o.gif" alt="" width="1" height="1"')),
    ("tracking-pixel", image(f'src="{LINK}o.gif" alt="" width="90" style="display:none"')),
    ("alt-file-name", image(f'src="{LINK}a.png" alt="IMG_2041.jpeg" width="9"')),
    ("alt-file-name", image(f'src="{LINK}a.png" alt="hero banner final.png" width="9"')),
    ("alt-file-name", image(f'src="{LINK}gate_low-2.png" alt="gate_low-2" width="9"')),
    ("alt-file-name", image(f'src="{LINK}a.png" alt="image" width="9"')),
    ("image-alt", image(f'src="{LINK}a.png" width="9"')),
    ("image-width", image(f'src="{LINK}a.png" alt="The gate"')),
    ("image-count", put(f'<img src="{LINK}a.png" alt="" width="9">' * 26)),
    # Style sheets.
    ("style-size", sheet("/*" + "x" * 17_000 + "*/")),
    ("style-place", put("<style>.y { margin: 0 }</style>")),
    ("nested-media", sheet("@media screen { @media (max-width: 9px) { .y { margin: 0 } } }")),
    ("client-support", sheet("@import url(https://example.org/x.css);")),
    ("client-support", put('<div style="display:grid">x</div>')),
    # Subject and preview text.
    ("placeholder", says(subject="TODO: write a subject")),
    ("placeholder", says(subject="Hello {{ name }}")),
    ("placeholder", says(preheader="Lorem ipsum dolor sit amet")),
    ("subject-words", says(subject="🎉🎉")),
    ("subject", says(subject="")),
    ("subject-shouts", says(subject="HUGE SALE ON VALVES")),
    ("subject-pretends", says(subject="Re: your valve")),
    ("subject-long", says(subject="word " * 30)),
    ("preheader-repeats", says(subject="The week", preheader="The week")),
    # Words and outline.
    ("link-sign", put(f'<p>See <a href="{LINK}" style="text-decoration:none">this page</a> now</p>')),
    ("link-text", link(LINK, "Click here")),
    ("link-text", link(LINK, f'<img src="{LINK}a.png" alt="" width="9">')),
    ("link-block", put(f'<a href="{LINK}"><div>The page in question</div></a>')),
    ("same-words", put(f'<p><a href="{LINK}1">Read on now</a></p><p><a href="{LINK}2">Read on now</a></p>')),
    ("duplicate-link", put('<h2><a href="https://press.example.org/story-2">Told twice</a></h2>')),
    ("empty-heading", put("<h2></h2>")),
    ("one-h1", html(lambda text: re.sub(r"(</?)h1", r"\1h2", text))),
    ("heading-order", swap("h3", "h5")),
    # What can be read and hit.
    ("tap-size", put(f'<p style="line-height:20px"><a href="{LINK}1">One</a> <a href="{LINK}2">Two</a></p>')),
    ("tap-size", put(
        f'<table role="presentation"><tr><td style="line-height:15px"><a href="{LINK}1">One</a></td>'
        f'<td style="line-height:15px"><a href="{LINK}2">Two</a></td></tr></table>'
    )),
    ("text-size", put('<p style="font-size:11px">Small words</p>')),
    ("contrast-dark", html(lambda text: text.replace("<h1", "<p>Not turned in the dark</p><h1", 1))),
    ("duplicate-id", put('<p id="a">x</p><p id="a">y</p>')),
    ("language", html(lambda text: re.sub(r'<html lang="\w+"', "<html", text))),
    ("title", html(lambda text: re.sub(r"<title>[^<]*", "<title>", text))),
    ("landmark", swap(' role="main"', "")),
    ("table-role", put("<table><tr><td>x</td></tr></table>")),
    ("list", put("<div><li>x</li></div>")),
    ("aria", put('<span role="teapot">x</span>')),
    ("zoom", swap("<head>", '<head><meta name="viewport" content="user-scalable=no">')),
    # What clients drop or distrust.
    ("active-content", put("<script>x()</script>")),
    ("active-content", put('<p onclick="x()">Press</p>')),
    ("doctype", swap("<!DOCTYPE html>", "")),
    ("unknown-mjml", put("<mj-txt>x</mj-txt>")),
    ("size", put(f"<p>{'x' * 70_000}</p>")),
    ("slot", put(f"slot-{NONCE}-unsub-slot")),
    ("text-complete", says(text=GOOD.text.replace(ITEMS[2].title, ""))),
)  # fmt: skip


def test_there_are_enough_seeds() -> None:
    """At least as many as were judged by hand."""
    assert len(SEEDS) >= 71


@pytest.mark.parametrize(
    ("rule", "change"), SEEDS, ids=[f"{number}-{rule}" for number, (rule, _) in enumerate(SEEDS)]
)
def test_seeded_defect_is_found_and_nothing_else(rule: str, change: Change) -> None:
    """The only findings are those of the defect's rule; what the law requires blocks."""
    edition = change(GOOD)
    assert edition != GOOD
    found = lint(edition, items=ITEMS, masthead=make_masthead(), severities={rule: "warning"})
    assert {one.rule for one in found} == {rule}
    if rule in ALWAYS:
        assert {one.severity for one in found} == {"blocking"}
