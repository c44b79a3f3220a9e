from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.rendering.shorter_html import shorter_html


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p style="margin:0px 0px 4px; color:#111; ">x</p>', '<p style="margin:0 0 4px;color:#111">x</p>'),
        ('<p style="font-family:A B, C; width:10px">x</p>', '<p style="font-family:A B,C;width:10px">x</p>'),
        ('<p style="font-family:\'A; B\'; width:0px">x</p>', '<p style="font-family:\'A; B\'; width:0px">x</p>'),
        ('<p style="background:url(https://example.org/0px/a.png)">x</p>', '<p style="background:url(https://example.org/0px/a.png)">x</p>'),
        ('<td style="background:#fff;background-color:#fff;">x</td>', '<td style="background-color:#fff">x</td>'),
        ('<td style="background:#fff;background-color:#eee">x</td>', '<td style="background:#fff;background-color:#eee">x</td>'),
        ('<p>a style="margin:0px; top:0px" b</p>', '<p>a style="margin:0px; top:0px" b</p>'),
        ('<p title="a > b" style="margin:0px">x</p>', '<p title="a > b" style="margin:0">x</p>'),
        ('<table border="0" style="vertical-align:top"><tr></tr></table>', "<table><tr></tr></table>"),
        ('<img src="a.png" style="border:0;outline:none;text-decoration:none;width:9px">', '<img src="a.png" style="width:9px">'),
        ('<div class="mj-outlook-group-fix mj-column-per-40">mj-column-per-40</div>', '<div class="c40">mj-column-per-40</div>'),
        ('<div class="mj-column-per-100 pair" style="width:100%">.mj-column-per-100 {}</div>', '<div class="pair" style="width:100%">.mj-column-per-100 {}</div>'),
        ("<style>.mj-column-per-100 { width:100% }\n.moz-text-html .mj-column-per-100 { width:100% }\n.mj-column-per-40 { width:40% }</style>", "<style>.c40{width:40%}</style>"),
        ('<td align="left" style="padding:0"><div style="color:#111;text-align:left;width:9px">x</div></td>', '<td align="left" style="padding:0"><div style="color:#111;width:9px">x</div></td>'),
        ('<td align="left" style="padding:0"><div style="text-align:right">x</div></td>', '<td align="left" style="padding:0"><div style="text-align:right">x</div></td>'),
        ('<img src="a.png" height="auto" width="9">', '<img src="a.png" width="9">'),
        ('<td width="9" vertical-align="middle" bgcolor="#fff">', '<td width="9">'),
        ('<p>height="auto" vertical-align="top"</p>', '<p>height="auto" vertical-align="top"</p>'),
        ("<style>.mj-column-per-40 { width:40% ; }\n\n.a { }</style>", "<style>.c40{width:40%}\n.a{}</style>"),
        ("<style>.a::after { content: 'a ;  b' ; }</style>", "<style>.a::after { content: 'a ;  b' ; }</style>"),
        ("<!--[if mso | IE]></td><![endif]-->\n<!--[if mso | IE]><td><![endif]-->", "<!--[if mso | IE]></td><td><![endif]-->"),
        ("<!--[if mso | IE]></td><![endif]--><p>x</p><!--[if mso | IE]><td><![endif]-->", "<!--[if mso | IE]></td><![endif]--><p>x</p><!--[if mso | IE]><td><![endif]-->"),
        ("<!--[if mso]><a><![endif]-->\n<!--[if mso | IE]><b><![endif]-->", "<!--[if mso]><a><![endif]-->\n<!--[if mso | IE]><b><![endif]-->"),
        ('<!--[if mso | IE]><td class="side-outlook" width="9"><![endif]-->', '<!--[if mso | IE]><td width="9"><![endif]-->'),
        ("<!--[if lte mso 11]>\n<style>x</style>\n<![endif]-->\n<p>x</p>", "<p>x</p>"),
    ],
)  # fmt: skip
def test_what_no_client_needs_is_gone(html: str, expected: str) -> None:
    """Spaces, defaults and names that only MRML knows go; everything else stays as it is."""
    assert shorter_html(html) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (".note a,.by{color:#111}", ".by{color:#111}"),
        ("@media print{.note{top:0}\n.by{top:0}\n}", "@media print{.by{top:0}\n}"),
        (".by .note{top:0}", ""),
        (".notes{top:0}", ".notes{top:0}"),
        (".ExternalClass,u + .body{top:0}", ".ExternalClass,u + .body{top:0}"),
        (".by:not(.note){top:0}", ".by:not(.note){top:0}"),
        ("/* .note */.by{top:0}", "/* .note */.by{top:0}"),
        (".note::after{content:'.note{}'}", ".note::after{content:'.note{}'}"),
    ],
)
def test_rules_that_nothing_uses_are_gone(rules: str, expected: str) -> None:
    """A rule for a class of the theme that no element has goes; names that clients give stay."""
    page = f'<style>{rules}</style><p class="by last">x</p>'
    theme = ".note { top: 0px; } .by, .note a { top: 0px; }"
    assert shorter_html(page, theme) == page.replace(rules, expected)


def test_direction_is_named_where_the_document_has_two() -> None:
    """Left to right needs no declaration in a document that has no other direction."""
    one = '<td style="direction:ltr;width:9px">x</td><p style="color:#111;direction:ltr">x</p>'
    assert shorter_html(one) == '<td style="width:9px">x</td><p style="color:#111">x</p>'
    words = "<p>Write direction:ltr; please</p>"
    assert shorter_html(words) == words
    two = '<td style="direction:rtl"><p style="direction:ltr">x</p></td>'
    assert shorter_html(two) == two


@given(st.text(alphabet="ab <>&\"'=:;0px{}!-\n"))
def test_text_stays_as_it_is(text: str) -> None:
    """No words of an article or of an attribute are taken for markup."""
    page = etree.fromstring("<body><p style='margin:0px'/><img alt=''/></body>")
    page[0].text = text
    page[1].set("alt", text)
    html = etree.tostring(page, method="html", encoding="unicode")
    shorter = etree.fromstring(shorter_html(html), etree.HTMLParser())
    before = etree.fromstring(html, etree.HTMLParser())
    for path in ("string(//p)", "string(//img/@alt)"):
        assert shorter.xpath(path) == before.xpath(path)
