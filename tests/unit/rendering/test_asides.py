"""Blocks beside the articles: when they run, their labels, and what each kind adds."""

from __future__ import annotations

from datetime import date

import pytest
from lxml.html import document_fromstring

from newsletter.issues.blocks import Block, BlockKind, Place
from newsletter.issues.issue import Words
from newsletter.rendering.asides import surround
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.editions import make_edition, make_masthead
from tests.factories.issues import make_issue, make_items

DAY = date(2025, 3, 3)
"""When the issue of `make_issue` is due."""


def make_block(**changes: object) -> Block:
    """A sponsor's block that always runs."""
    values: dict[str, object] = {"id": "b", "kind": BlockKind.SPONSOR, "title": "Title"}
    return Block(**(values | changes))  # type: ignore[arg-type] # fields by name


def english(sentence: str, **_values: object) -> str:
    """A translator that leaves the sentence as it is."""
    return sentence


@pytest.mark.parametrize(
    ("starts", "ends", "runs"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (date(2025, 3, 4), None, False),
        (None, date(2025, 3, 2), False),
    ],
)
def test_blocks_run_on_their_days(starts: date | None, ends: date | None, runs: bool) -> None:
    """A block is printed only in issues whose date lies in its period, both ends included."""
    block = make_block(starts=starts, ends=ends, place=Place.END)
    around = surround(make_issue([], blocks=(block,)), make_masthead(), english)
    assert [aside.title for aside in around.at_end] == (["Title"] if runs else [])
    assert around.after_lead == ()


def test_the_issues_day_is_the_newsletters() -> None:
    """Due on Monday at 07:00 UTC is Sunday still in Honolulu: a block of Monday's is not there."""
    block = make_block(starts=DAY, title="Monday only")
    for zone, shown in (("UTC", True), ("Pacific/Honolulu", False)):
        edition = make_edition(blocks=(block,), masthead=make_masthead(timezone=zone))
        assert ("Monday only" in edition.html) is shown
        assert ("Monday only" in edition.text) is shown


HOSTILE = """Before.

::: quote </mj-text><script>alert(1)</script>{{ config }}
label: <b>Said</b>
link: https://x.test/"onclick="alert(1)
button: </a><img src=x onerror=alert(1)>

<script>alert(2)</script> [go](javascript:alert(3)) \u202e
:::

::: question What next?
:::

::: podcast The lock
date: 2025-03-04
minutes: 34
link: https://pod.example.org/34
:::
After."""


@pytest.mark.parametrize("name", theme_names())
def test_parts_of_a_note_are_blocks(name: str) -> None:
    """Fenced parts of a note stand between its texts as blocks do, and nothing in them is markup."""
    edition = make_edition(
        make_items(2),
        theme=open_theme(None, name),
        masthead=make_masthead(reply_address="desk@example.org"),
        words=Words(intro=HOSTILE, closing=HOSTILE),
    )
    page = document_fromstring(edition.html)
    assert not page.xpath("//script | //@onclick | //@onerror | //a[starts-with(@href, 'java')]")
    assert "\u202e" not in edition.html + edition.text
    text = " ".join(page.text_content().split())
    for shown in (text, " ".join(edition.text.split())):
        places = [
            shown.index(word) for word in ("Before.", "{{ config }}", "What next?", "The lock")
        ]
        assert sorted(places) == places
        assert "Audio, 34 min" in shown
        assert "March 4, 2025" in shown or "4 March 2025" in shown
        assert ":::" not in shown
    assert "mailto:" in edition.html


@pytest.mark.parametrize(
    ("language", "label", "shown"),
    [("en", "", "Sponsor"), ("de", "", "Anzeige"), ("de", "Präsentiert von", "Präsentiert von")],
)
def test_paid_blocks_are_labelled(language: str, label: str, shown: str) -> None:
    """A sponsor's block says what it is, in the newsletter's language or the editor's words."""
    block = make_block(label=label)
    edition = make_edition(blocks=(block,), masthead=make_masthead(language=language))
    assert f">{shown}</h2>" in edition.html
    assert f"{shown}\n===" in edition.text


def test_blocks_cannot_break_the_issue() -> None:
    """An address that runs code is dropped; markup in titles is text."""
    block = make_block(title="</mj-text><b>", url="javascript:x", link_text="go", text="<i>")
    html = make_edition(make_items(1), blocks=(block,)).html
    assert "javascript" not in html
    assert "&lt;/mj-text&gt;&lt;b&gt;</h3>" in html
    assert ">go<" not in html


def test_a_question_without_link_is_answered_by_mail() -> None:
    """Its link opens a mail to the newsletter's address for replies, with the issue's subject."""
    block = make_block(kind=BlockKind.QUESTION, url="", link_text="", text="What do you repair?")
    edition = make_edition(
        blocks=(block,),
        subject="Tides & clocks",
        masthead=make_masthead(reply_address="desk@example.org"),
    )
    assert 'href="mailto:desk@example.org?subject=Re%3A%20Tides%20%26%20clocks"' in edition.html
    assert ">Answer by mail</a>" in edition.html


def test_a_question_with_a_link_keeps_it() -> None:
    """A poll elsewhere stays a poll elsewhere."""
    block = make_block(kind=BlockKind.QUESTION, url="https://example.org/poll", link_text="Vote")
    html = make_edition(blocks=(block,), masthead=make_masthead(reply_address="a@example.org")).html
    assert 'href="https://example.org/poll"' in html
    assert "mailto:a@example.org" not in html


@pytest.mark.parametrize("theme", theme_names())
def test_the_day_of_a_block_is_written_out(theme: str) -> None:
    """In the newsletter's language, in both parts, whatever the zone is."""
    block = make_block(kind=BlockKind.EVENT, on=date(2025, 5, 9), title="Repair evening")
    masthead = make_masthead(language="de", timezone="Pacific/Honolulu")
    edition = make_edition(blocks=(block,), masthead=masthead, theme=open_theme(None, theme))
    assert ">Freitag, 9. Mai 2025</p>" in edition.html
    assert "Termin\n======\n\nRepair evening\nFreitag, 9. Mai 2025\n" in edition.text


def test_a_picture_in_a_block_is_as_wide_as_the_text() -> None:
    """The picture of the week fills the column, and keeps its description."""
    block = make_block(
        kind=BlockKind.PICTURE, text="![A heron](https://press.example.org/heron.jpg)"
    )
    assert '<div class="note picture' in make_edition(blocks=(block,)).html
    assert 'alt="A heron"' in make_edition(blocks=(block,)).html
