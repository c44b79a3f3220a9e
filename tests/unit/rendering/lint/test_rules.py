"""Each rule beyond the first ones: a defect put into a good issue is found, and weighed as asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.lint import ALWAYS, RULES, LintFinding, Severity, lint
from newsletter.rendering.lint.clients import GRACEFUL, read_support
from newsletter.rendering.lint.css import read_sheet, read_style
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.defects import DEFECTS, Defect
from tests.factories.editions import make_edition, make_masthead
from tests.factories.hard_cases import ALL_CASES, kinds_for
from tests.factories.issues import make_article, make_image, make_item, make_items

ITEMS = make_items(4, pictures=True)
GOOD = make_edition(ITEMS)
LINT = Path(__file__).parents[4] / "newsletter" / "rendering" / "lint"


def check(html: str, severities: dict[str, Severity] | None = None) -> list[LintFinding]:
    """Lint the document as the edition of ITEMS."""
    edition = replace(GOOD, html=html)
    return lint(edition, items=ITEMS, masthead=make_masthead(), severities=severities)


def in_body(markup: str) -> str:
    """The good issue with markup before its first heading."""
    return GOOD.html.replace("<h1", markup + "<h1", 1)


def in_style(css: str) -> str:
    """The good issue with more in its style sheet."""
    return GOOD.html.replace("</style>", css + "</style>", 1)


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_our_themes_are_silent(name: str) -> None:
    """No theme of ours has a finding, whatever it prints: nine themes and 25 kinds of content."""
    assert (len(theme_names()), len(ALL_CASES)) == (9, 25)
    theme = open_theme(None, name)
    found = {}
    for title in kinds_for(name):
        case = ALL_CASES[title]
        edition = replace(case.edition(theme), subject="The week in valves")
        found[title] = lint(edition, items=case.items, masthead=case.masthead)
    assert found == {title: [] for title in kinds_for(name)}


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        (in_body('<p style="color:#bbbbbb">pale</p>'), "contrast-light"),
        (in_body('<p style="color:#bbb">pale</p>'), "contrast-light"),
        (in_body('<p style="color:silver">pale</p>'), "contrast-light"),
        (in_body('<p style="color:rgb(190, 190, 190)">pale</p>'), "contrast-light"),
        (in_body('<p style="color:#333333;background:#222222">dark on dark</p>'), "contrast-light"),
        (in_body('<table role="none"><tr><td bgcolor="#777777">x</td></tr></table>'), "contrast-light"),
        (in_body('<p><font color="#cccccc">x</font></p>'), "contrast-light"),
        (in_style(".summary { color: #cccccc !important }"), "contrast-light"),
        (in_body('<p style="color:#1b2126">not turned</p>'), "contrast-dark"),
        (in_style("@media (prefers-color-scheme: dark) { p.by { color: #333333 !important } }"), "contrast-dark"),
        (in_body('<p style="color:#767676;background:#ffffff">x</p>'), "contrast-inverted"),
        (in_body('<p style="font-size:11px">small</p>'), "text-size"),
        (in_body('<p style="font-size:8pt">small</p>'), "text-size"),
        (in_body('<p style="font-size:70%">small</p>'), "text-size"),
        (in_body('<div style="position:absolute">x</div>'), "reading-order"),
        (in_body('<div style="display:flex;flex-direction:row-reverse">x</div>'), "reading-order"),
        (in_body('<div style="direction:rtl">x</div>'), "reading-order"),
        (in_body('<a href="https://example.org/" tabindex="3">x</a>'), "reading-order"),
        (in_body('<div style="display:grid">x</div>'), "client-support"),
        (in_body('<p style="width:clamp(1px, 2px, 3px)">x</p>'), "client-support"),
        (in_body('<p style="font-size:5vw">x</p>'), "client-support"),
        (in_style(".a { --x: 1px } .b { margin: var(--x) }"), "client-support"),
        (in_style("@font-face { font-family: x; src: url(https://example.org/x.woff2) }"), "client-support"),
        (in_style("@supports (display: grid) { .a { float: left } }"), "client-support"),
        (in_style(".a::before { content: 'x' }"), "client-support"),
        (in_body('<img src="https://example.org/a.svg" alt="x" width="9">'), "client-support"),
        (in_body('<img src="https://example.org/a.webp" alt="x" width="9">'), "client-support"),
        (in_body('<img src="https://example.org/a.png" srcset="b.png 2x" alt="x" width="9">'), "client-support"),
        (in_body('<video src="https://example.org/v.mp4"></video>'), "active-content"),
        (in_body('<button>x</button>'), "active-content"),
        (in_body('<meta http-equiv="refresh" content="9">'), "active-content"),
        (in_body('<a href="http://example.org/">plain</a>'), "https"),
        (in_body('<a href="https://example.org/?a=1&amp;utm_source=x">counted</a>'), "tracking"),
        (in_body('<h3><a href="https://press.example.org/story-2">Told twice</a></h3>'), "duplicate-link"),
        (in_body('<a href="https://bit.ly/x">short</a>'), "short-link"),
        (in_body('<a href="https://203.0.113.9/x">numbers</a>'), "numeric-host"),
        (in_body('<a href="https://evil.example.net/">https://bank.example.org/</a>'), "other-address"),
        (in_body('<ul><p>x</p></ul>'), "list"),
        (in_body('<div><li>x</li></div>'), "list"),
        (in_body('<span role="teapot">x</span>'), "aria"),
        (in_body('<span aria-teapot="x">x</span>'), "aria"),
        (in_body('<div role="img">x</div>'), "image-alt"),
        (in_body('<span lang="xx-nowhere">x</span>'), "language"),
        (in_body('<span aria-hidden="true"><a href="https://example.org/">x</a></span>'), "hidden-link"),
        (in_body('<table><tr><th></th></tr></table>'), "table-header"),
        (in_body('<a href="https://example.org/"><img src="https://example.org/a.png" alt="Same" width="9">Same</a>'), "redundant-alt"),
        (in_body('<div style="width:700px">x</div>'), "wide-block"),
        (in_body('<table role="none" style="min-width:400px"><tr><td>x</td></tr></table>'), "wide-block"),
        (in_body('<img src="https://example.org/a.png" alt="x" width="552">'), "wide-block"),
        (in_body(f'<pre>{"long line " * 9}</pre>'), "wide-block"),
        (in_body('<a href="http://localhost:8000/x">x</a>'), "local-link"),
        (in_body('<img src="https://192.168.1.7/a.png" alt="x" width="9">'), "local-link"),
        (in_body('<a href="https://files.internal/">x</a>'), "local-link"),
        (in_body('<img src="https://example.org/o.png" alt="" width="1" height="1">'), "tracking-pixel"),
        (in_body('<img src="https://example.org/o.png" alt="" width="9" style="display:none">'), "tracking-pixel"),
        (in_style("/*" + "x" * 17_000 + "*/"), "style-size"),
        (in_style("@media screen { @media (max-width: 9px) { p { color: #1b2126 } } }"), "nested-media"),
        (in_body('<a>lost</a>'), "address"),
        (in_body('<a href="">lost</a>'), "address"),
        (in_body('<a href="#">lost</a>'), "address"),
        (in_body('<p>See <a href="https://example.org/" style="text-decoration:none">this page</a> now</p>'), "link-sign"),
        (in_body('<img src="https://example.org/a.png" alt="IMG_2041.jpeg" width="9">'), "alt-file-name"),
        (in_body('<img src="https://example.org/a.png" alt="lead-photo.png" width="9">'), "alt-file-name"),
        (in_body('<p><a href="https://example.org/1">Read on now</a></p><p><a href="https://example.org/2">Read on now</a></p>'), "same-words"),
        (in_body('<p style="line-height:20px"><a href="https://example.org/1">One</a> · <a href="https://example.org/2">Two</a></p>'), "tap-size"),
        (in_body('<p id="a">x</p><p id="a">y</p>'), "duplicate-id"),
        (GOOD.html.replace(' role="main"', ""), "landmark"),
        (GOOD.html.replace("<head>", '<head><meta name="viewport" content="user-scalable=no">'), "zoom"),
    ],
)  # fmt: skip
def test_defect_is_found(html: str, rule: str) -> None:
    """The defect, whom it hurts and how to mend it; the rule is one of those documented."""
    assert html != GOOD.html
    found = [finding for finding in check(html) if finding.rule == rule]
    assert found
    assert all(finding.who and finding.fix and finding.element for finding in found)
    assert rule in RULES


@pytest.mark.parametrize(
    "html",
    [
        in_body('<p style="color:#767676;font-size:24px">Large enough</p>'),
        in_body('<div style="display:none"><p style="color:#ffffff">hidden</p></div>'),
        in_body('<a href="https://www.example.org/a">example.org/a</a>'),
        in_body('<a href="https://example.org/a?page=2">next</a>'),
        in_body("<ul><!-- nothing --><li>x</li></ul>"),
    ],
)
def test_what_is_right_is_left_alone(html: str) -> None:
    """No finding about what only looks like a defect."""
    quiet = {"contrast-dark", "heading-order"}  # the markup above has no dark rules of its own
    assert [found for found in check(html) if found.rule not in quiet] == []


@pytest.mark.parametrize(
    ("subject", "rules"),
    [
        ("The week in valves", []),
        ("HUGE SALE ON VALVES", ["subject-shouts"]),
        ("Valves!! Now", ["subject-shouts"]),
        ("Re: your valve", ["subject-pretends"]),
        ("Fwd: valves", ["subject-pretends"]),
        ("Report: valves", []),
        ("NASA", []),
        ("潮汐闸门学会了自己开启", []),
        ("word " * 30, ["subject-long"]),
    ],
)
def test_subjects(subject: str, rules: list[str]) -> None:
    """Shouting and pretending are measured; acronyms and scripts without capitals are not shouting."""
    found = lint(replace(GOOD, subject=subject), items=ITEMS, masthead=make_masthead())
    assert [finding.rule for finding in found] == rules


def test_pictures_are_weighed_by_their_originals() -> None:
    """A picture far larger than it is shown, and a mail that is all pictures."""
    items = (make_item(make_article(image=make_image(width=6000, height=4000))),)
    found = lint(make_edition(items), items=items, masthead=make_masthead())
    assert [finding.rule for finding in found] == ["image-weight"]
    many = in_body('<img src="https://example.org/a.png" alt="" width="9">' * 26)
    assert "image-count" in {finding.rule for finding in check(many)}


def test_pictures_that_move_are_told() -> None:
    """Hardly any client lets its reader stop them."""
    items = (make_item(make_article(image=make_image(moves=True))),)
    found = lint(make_edition(items), items=items, masthead=make_masthead())
    assert [finding.rule for finding in found] == ["motion"]


def test_severities_are_the_sites() -> None:
    """A rule may be blocking, a warning, or off, and then is still told, last."""
    html = in_body('<a href="http://example.org/?utm_source=x">x</a><p style="font-size:9px">x</p>')
    found = check(html, {"tracking": "blocking", "https": "off"})
    weighed = {finding.rule: finding.severity for finding in found}
    assert weighed["tracking"] == "blocking"
    assert weighed["https"] == "off"
    assert [finding.severity for finding in found][-1] == "off"


@pytest.mark.parametrize("rule", sorted(ALWAYS))
def test_some_rules_cannot_be_changed(rule: str) -> None:
    """What the law asks for blocks, whatever newsletter.toml says."""
    edition = replace(GOOD, html="<p>0123456789abcdef</p>", text="", subject="")
    found = lint(edition, items=ITEMS, masthead=make_masthead(), severities={rule: "off"})
    assert {finding.severity for finding in found if finding.rule == rule} == {"blocking"}


def test_every_rule_is_listed() -> None:
    """The names in the code, in RULES and on the page about lint are the same."""
    code = "".join(path.read_text() for path in LINT.glob("*.py") if path.name != "rules.py")
    named = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"', code))
    page = (LINT.parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")
    composed = {
        "contrast-light",
        "contrast-dark",
        "contrast-inverted",
        "unprintable",
        "unreachable",
    }
    assert set(RULES) - composed <= named
    assert set(RULES) == set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))


def test_what_degrades_is_known_to_the_data() -> None:
    """Each exception of ours is a feature that some client really lacks; the data has its date."""
    support = read_support()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", support.date)
    assert all(support.missing[slug] for slug in GRACEFUL)


@given(st.text())
def test_any_css_is_read(text: str) -> None:
    """What is not CSS raises nothing."""
    read_style(text)
    read_sheet(text)


@given(st.text(alphabet="<>/ab=\"' &;:!-#{}@"))
def test_any_html_is_linted(text: str) -> None:
    """Whatever the document is, findings come out and nothing is raised."""
    assert check(text)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.axe)
def test_what_axe_finds_is_found(defect: Defect) -> None:
    """The defects that tests/browser shows to axe are found without a browser too."""
    assert defect.lint in {finding.rule for finding in check(defect.change(GOOD.html))}


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "visibility:hidden",
        "opacity:0",
        "max-height:0;overflow:hidden",
        "mso-hide:all",
    ],
)
def test_what_the_law_requires_must_be_seen(style: str) -> None:
    """A hidden unsubscribe link or postal address blocks, whatever a site says of the rule."""
    hidden = GOOD.html.replace("<body", f'<body><div style="{style}"', 1).replace(
        "</body>", "</div></body>"
    )
    found = {one.rule: one.severity for one in check(hidden, {"unsubscribe": "off"})}
    assert (found["unsubscribe"], found["postal-address"]) == ("blocking", "blocking")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"subject": "TODO: write a subject"}, "placeholder"),
        ({"subject": "Hello {{ name }}"}, "placeholder"),
        ({"subject": "Hello *|FNAME|*"}, "placeholder"),
        ({"preheader": "[Insert preview text]"}, "placeholder"),
        ({"subject": "🎉🎉"}, "subject-words"),
        ({"subject": "The week", "preheader": "the week"}, "preheader-repeats"),
        ({"text": "Stories without addresses"}, "text-links"),
    ],
)
def test_words_that_say_nothing_are_found(changes: dict[str, str], rule: str) -> None:
    """Placeholders, subjects of symbols, a preview that repeats, a text part that leads nowhere."""
    edition = replace(GOOD, **changes)
    found = lint(edition, items=ITEMS, masthead=make_masthead())
    assert rule in {one.rule for one in found}


def test_outlooks_guessed_inversion_only_warns() -> None:
    """Gmail's formula is known, and blocks; Outlook's is an estimate, and does not."""
    page = '<p style="color:#767676;background:#ffffff">x</p>'
    assert {one.severity for one in check(in_body(page)) if one.rule == "contrast-inverted"} == {
        "warning"
    }


def test_a_site_on_this_machine_may_link_to_it() -> None:
    """While a site is tried out, its own addresses are not mistakes."""
    edition = replace(GOOD, html=in_body('<a href="http://127.0.0.1:8000/">this machine</a>'))
    masthead = make_masthead(site_url="http://127.0.0.1:8000")
    assert lint(edition, items=ITEMS, masthead=masthead) == []
