"""The year as a page, a mail and an article: whatever a headline says, it is only text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from lxml import html as lxml_html

from newsletter.articles.folder import read_markdown
from newsletter.issues.year import CarriedStory, CarryingIssue, Growth, report_of
from newsletter.rendering.mail_clients import MAIL_CLIENTS
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.shown_in import shown_in
from newsletter.rendering.year import YearDocuments, render_year, rows_of

NOW = datetime(2026, 12, 28, 9, 0, tzinfo=UTC)
HOSTILE = 'A <script>alert(1)</script> | {{ config }} ](https://evil.example) "q" \r\n--- \x00'


def story(number: int, title: str, *, url: str = "", follows: str = "") -> CarriedStory:
    """A story of the month with that number."""
    return CarriedStory(
        issue=number,
        at=datetime(2026, number, 10, 7, tzinfo=UTC),
        title=title,
        url=url or f"https://press.example.org/{number}",
        source=HOSTILE,
        tags=(HOSTILE,),
        follows=follows,
    )


def documents(
    title: str = "A bridge opens", *, url: str = "", language: str = "en"
) -> YearDocuments:
    """The year of two issues with one story that went on."""
    first = story(3, title, url=url)
    stories = [first, story(4, f"{title} again", follows=first.url)]
    issues = [
        CarryingIssue(number=n, subject=title, at=datetime(2026, n, 10, tzinfo=UTC), accepted=9)
        for n in (3, 4)
    ]
    report = report_of(
        2026,
        issues,
        stories,
        clicks={first.url: 12},
        growth=Growth(joined=(7, *[0] * 11), left=(0,) * 12),
        zone=ZoneInfo("UTC"),
    )
    masthead = Masthead(
        newsletter="weekly",
        title="Good & Gear",
        site_url="https://news.example.org",
        postal_address="1 Example St",
        language=language,
    )
    return render_year(report, masthead, own_templates=Path("no such folder"), now=NOW)


def test_the_page_has_plots_inline_and_loads_nothing() -> None:
    """It stands alone, so that it prints and can be kept."""
    page = lxml_html.document_fromstring(documents().page)
    assert len(page.findall(".//svg")) == 3
    assert page.xpath("//script | //link | //img | //iframe | //@src") == []
    assert "@media print" in documents().page
    assert page.xpath("//@id") == []


@pytest.mark.parametrize("name", ["page", "mail_html"])
def test_a_hostile_headline_is_text(name: str) -> None:
    """Neither markup nor a template, and a link that is none is not made one."""
    text = getattr(documents(HOSTILE, url="javascript:alert(1)"), name)
    root = lxml_html.document_fromstring(text)
    assert root.xpath("//script") == []
    assert all(link.startswith("https://") for link in root.xpath("//@href"))
    assert "{{ config }}" in root.text_content()


def test_every_mail_client_shows_the_bars_and_the_numbers() -> None:
    """Cells with a colour need no style sheet, no picture and no SVG."""
    mail = documents().mail_html
    assert "<svg" not in mail
    assert "<style" not in mail
    for client in MAIL_CLIENTS:
        assert shown_in(mail, client).count('bgcolor="#1b3a4b"') == mail.count('bgcolor="#1b3a4b"')


def test_the_text_has_the_same_numbers() -> None:
    """One line for each row, no line made by a headline."""
    lines = documents(HOSTILE).mail_text.splitlines()
    assert any(line.startswith("   12  A ") for line in lines)
    assert "---" not in lines
    assert "Issues: 2. Stories: 2." in lines


def test_the_article_is_read_by_a_folder_of_articles(tmp_path: Path) -> None:
    """A headline cannot end a table's cell, the front matter, or a link."""
    path = tmp_path / "year.md"
    path.write_text(documents(HOSTILE).article, encoding="utf-8")
    entry = read_markdown(path, "year.md")
    assert entry.title == "Good & Gear: 2026"
    assert entry.body.count("<table") == 4
    assert "<script" not in entry.body
    assert 'href="https://evil.example' not in entry.body


def test_months_are_in_the_newsletter_s_language() -> None:
    """As its issues write dates."""
    assert "Mai" in documents(language="de").page


def test_bars_are_in_proportion() -> None:
    """The longest fills its cell, and zero has none."""
    assert [row.width for row in rows_of([("a", 0, ""), ("b", 10, ""), ("c", 5, "")])] == [
        0,
        100,
        50,
    ]
    assert rows_of([("a", 0, "")])[0].width == 0
