"""Lint is silent on a good issue and names each defect once it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from newsletter.articles.article import Coverage
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.lint import LintFinding, lint
from newsletter.rendering.slots import sentinel
from tests.factories.editions import NONCE, make_edition, make_masthead
from tests.factories.issues import make_article, make_image, make_item, make_items

ITEMS = make_items(4, pictures=True)
GOOD = make_edition(ITEMS)
UNSUBSCRIBE = sentinel(Slot.UNSUBSCRIBE, NONCE)


def check(edition: Edition) -> list[LintFinding]:
    """Lint the edition as one of ITEMS."""
    return lint(edition, items=ITEMS, masthead=make_masthead())


def in_body(markup: str) -> Callable[[str], str]:
    """A change that puts markup at the start of the body."""
    return lambda html: html.replace("<h1", markup + "<h1", 1)


def without(old: str, new: str = "") -> Callable[[str], str]:
    """A change that replaces each `old`."""
    return lambda html: html.replace(old, new)


CASES = {
    "one": make_items(1),
    "no pictures": make_items(9),
    "pictures": make_items(12, sections=("A", "B"), pictures=True),
    "sixty": make_items(60, sections=("A", "B", "C"), pictures=True),
    "bare": (make_item(make_article(url="", summary="", tags=(), author="")),),
    "long": (make_item(make_article(title="Long" * 60, summary="word " * 400)),),
    "also": (
        make_item(
            make_article(also=(Coverage(source="Other", title="t", url="https://o.example.org/"),))
        ),
    ),
    "decorative": (make_item(make_article(image=make_image(alt=""))),),
    "中文": (make_item(make_article(title="好装备", summary="潮汐闸门。" * 40), section="新"),),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_good_issue_is_silent(case: str, language: str) -> None:
    """What our own theme makes of any content has no finding."""
    masthead = make_masthead(language=language)
    edition = make_edition(CASES[case], masthead=masthead, subject="Subject")
    assert lint(edition, items=CASES[case], masthead=masthead) == []


@pytest.mark.parametrize(
    ("change", "rule", "severity"),
    [
        (without(' lang="en"'), "language", "blocking"),
        (without(' dir="ltr"'), "direction", "warning"),
        (without(f"<title>{ITEMS[0].title}", "<title>"), "title", "blocking"),
        (without("h1", "h2"), "one-h1", "warning"),
        (in_body("<h1>Another</h1>"), "one-h1", "warning"),
        (without("h2", "h4"), "heading-order", "warning"),
        (in_body("<h2> </h2>"), "empty-heading", "warning"),
        (in_body('<img src="https://example.org/x.png" width="1">'), "image-alt", "blocking"),
        (in_body('<img src="https://example.org/x.png" alt="">'), "image-width", "warning"),
        (in_body("<table><tr><td>x</td></tr></table>"), "table-role", "warning"),
        (in_body('<a href="https://example.org/"> </a>'), "link-text", "blocking"),
        (in_body('<a href="https://example.org/"><img src="https://example.org/x.png" alt="" width="1"></a>'), "link-text", "blocking"),
        (in_body('<a href="https://example.org/">Click here.</a>'), "link-text", "warning"),
        (in_body('<a href="https://example.org/">Read more…</a>'), "link-text", "warning"),
        (in_body('<a href="javascript:alert(1)">x</a>'), "address", "blocking"),
        (in_body('<a href="">x</a>'), "address", "blocking"),
        (in_body('<a href="/relative">x</a>'), "address", "blocking"),
        (in_body('<a href="https://">x</a>'), "address", "blocking"),
        (in_body('<a href="https://[bad">x</a>'), "address", "blocking"),
        (in_body('<a href="mailto:nobody">x</a>'), "address", "blocking"),
        (in_body('<img alt="" width="1" src="data:image/png;base64,AA">'), "address", "blocking"),
        (in_body("<mj-txt>x</mj-txt>"), "unknown-mjml", "blocking"),
        (in_body("<script>x</script>"), "active-content", "blocking"),
        (without("<!DOCTYPE html>"), "doctype", "blocking"),
        (without(UNSUBSCRIBE, "https://example.org/unsubscribe"), "unsubscribe", "blocking"),
        (without("1 Example St"), "postal-address", "blocking"),
        (in_body(f"slot-{NONCE}-unsub-slot"), "slot", "blocking"),
        (in_body("slot-another-nonce-000-name-slot"), "forged-slot", "warning"),
        (in_body("<p>" + "x" * 70_000 + "</p>"), "size", "warning"),
        (in_body("<p>" + "x" * 90_000 + "</p>"), "size", "blocking"),
    ],
)  # fmt: skip
def test_defect_in_the_html(change: Callable[[str], str], rule: str, severity: str) -> None:
    """Each defect is found under its rule, with whom it hurts and what to do."""
    html = change(GOOD.html)
    assert html != GOOD.html
    found = [finding for finding in check(replace(GOOD, html=html)) if finding.rule == rule]
    assert found
    assert {finding.severity for finding in found} == {severity}
    assert all(finding.who and finding.fix and finding.element for finding in found)


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        (GOOD.text.replace(UNSUBSCRIBE, ""), "unsubscribe", "blocking"),
        (GOOD.text.replace("Example Media", ""), "postal-address", "blocking"),
        (GOOD.text.replace(ITEMS[2].title, ""), "text-complete", "warning"),
        (GOOD.text + f"{NONCE}", "slot", "blocking"),
        ("", "unsubscribe", "blocking"),
    ],
)
def test_defect_in_the_text(text: str, rule: str, severity: str) -> None:
    """The text part is held to the same."""
    found = check(replace(GOOD, text=text))
    assert (rule, severity) in [(finding.rule, finding.severity) for finding in found]


def test_empty_subject_blocks() -> None:
    """No mail goes out without a subject."""
    assert [finding.rule for finding in check(replace(GOOD, subject=""))] == ["subject"]


def test_empty_html_is_told_not_raised() -> None:
    """Even nothing at all is linted."""
    assert {"language", "unsubscribe"} <= {
        finding.rule for finding in check(replace(GOOD, html=""))
    }


def test_blocking_comes_first_and_lines_are_right() -> None:
    """Blocking findings lead; a finding's line is where its element stands."""
    html = GOOD.html.replace("<h1", '<h3>deep</h3>\n\n<img src="https://example.org/x.png"><h1', 1)
    found = check(replace(GOOD, html=html))
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities, key=lambda severity: severity != "blocking")
    alt = next(finding for finding in found if finding.rule == "image-alt")
    assert '<img src="https://example.org/x.png">' in html.splitlines()[alt.line - 1]


def test_item_left_out_of_an_edition_is_not_missed() -> None:
    """A reader's edition with fewer items is complete for what it has."""
    edition = make_edition(ITEMS[:2])
    assert lint(edition, items=ITEMS, masthead=make_masthead()) == []
