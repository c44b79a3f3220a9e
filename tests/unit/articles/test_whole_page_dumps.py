"""What stands around the article in the dump of a whole page is not taken for its title, text or writer."""

from __future__ import annotations

import pytest

from newsletter.articles.dump_bylines import byline_near_title, pieces_about
from newsletter.articles.dump_lines import read_lines
from newsletter.articles.dump_markup import plain_dump
from newsletter.articles.tags import make_vocabulary
from newsletter.articles.text_dump import Dump, parse_dump

MENU = (
    "Home",
    "World",
    "North Korea",
    "Sports",
    *("Weather", "Jobs", "Travel", "Food", "Science", "Money", "Arts", "Letters"),
    "Team wins at last after nine defeats",
    "Visit us on Example Plus",
    "About Press Contact Us",
)
TITLE = "Old bridge stays closed until spring"
PARAGRAPHS = tuple(
    f"The council of the harbour said on day {day} that the old bridge stays closed until the spring."
    for day in range(1, 5)
)


def read_page(*head: str, below: tuple[str, ...] = ()) -> Dump:
    """The dump of a page: the menu, what stands around the title, the text."""
    lines = (*MENU, *head, *PARAGRAPHS, *below)
    return parse_dump("\n".join(lines), vocabulary=make_vocabulary([], {}))


@pytest.mark.parametrize(
    "head",
    [
        (TITLE, "By Ann Example"),
        ("Sunday, Feb 1, 2015 11:57 AM", TITLE, "By Ann Example"),
        (TITLE, "The council says ferries run until spring", "By Ann Example"),
        (
            TITLE,
            "The council says ferries run until spring",
            "Old harbour bridge may need the council's new money before the spring",
            "By Ann Example",
        ),
        (TITLE, "By Ann Example", "The old bridge of the harbour. (Photo: Example News)"),
        (TITLE, "By Ann Example", "Old bridge stays closed: https://short.example/1mUB5t9"),
        ("Back to the old page", f"{TITLE}.", "By Ann Example"),
        (
            f"Example > Harbour > {TITLE}",
            "By Ann Example",
            "Good old bridge for the council",
            "November 19, 2026",
            TITLE,
            "The harbour has bridges.",
        ),
    ],
)
def test_a_title_among_menus_decks_and_captions(head: tuple[str, ...]) -> None:
    """The title is found whatever else is written about the same subject."""
    dump = read_page(*head)
    assert (dump.title.rstrip("."), dump.author) == (TITLE, "Ann Example")
    assert dump.paragraphs[-4:] == PARAGRAPHS


@pytest.mark.parametrize(
    "between",
    [
        ("“The council of the harbour said closed until spring.”", "By Ann Example, June 29, 2026"),
        (
            "* by: Ann Example",
            "* June 29, 2026 9:00PM",
            "The council of the harbour said day after day that the old bridge stays closed until spr",
            "The council of the harbour said day after day that the old bridge stays closed until spring."
            " Source: Supplied",
        ),
    ],
)
def test_a_quotation_or_a_caption_below_the_title_is_not_the_title(
    between: tuple[str, ...],
) -> None:
    """However many words of the text it has, and even if a picture's own words are cut short."""
    title = "Old bridge stays closed, mayor offers explanation for long works"
    assert read_page(title, *between).title == title


def test_links_and_buttons_between_title_and_text_are_not_the_text() -> None:
    """A long headline and the heading of comments end no article that has not begun."""
    related = "Ferries must run more often, the union of the harbour says to the council as winter"
    dump = read_page(TITLE, "By Ann Example", "Related items", related, "Story Tools", "Comments")
    assert dump.paragraphs == PARAGRAPHS


@pytest.mark.parametrize(
    ("around", "author"),
    [
        (("Ann Example", "November 19, 2026"), "Ann Example"),
        (("November 19, 2026", "Share", "Ann Example"), "Ann Example"),
        (("North Korea", "November 19, 2026"), ""),
        (("North Korea 09:31 November 19, 2026",), ""),
        (("Old Bridge", "November 19, 2026"), ""),
        (("November 19, 2026", "Text Size"), ""),
        (("Submitted on Thu, 2026-11-19 13:49",), ""),
        (("Share", "Send", "Save", "Real Simple"), ""),
        (("The Plain Paper", "November 19, 2026"), ""),
    ],
)
def test_a_name_without_a_mark_needs_evidence(around: tuple[str, ...], author: str) -> None:
    """It stands beside title or date, in no menu, and its words are not the page's own words."""
    dump = read_page(TITLE, *around)
    assert (dump.title, dump.author) == (TITLE, author)


def test_a_section_before_the_title_far_above_the_text_is_not_the_writer() -> None:
    """A page whose first line is its title has its menu between title and text."""
    menu = [f"Section {number}" for number in range(40)]
    lines = (f"{TITLE} - Example News", *menu, "High School Sports", *menu, *PARAGRAPHS)
    assert parse_dump("\n".join(lines), vocabulary=make_vocabulary([], {})).author == ""


def test_buttons_behind_a_name_are_not_part_of_it() -> None:
    """A by-line ends where a button begins, or a role."""
    assert byline_near_title("-- By Ann Example Follow @example") == ("Ann Example", "")
    assert byline_near_title("Par ANN EXAMPLE Envoyée spéciale à Toulouse") == ("Ann Example", "")
    assert byline_near_title("Text Size") is None
    about = pieces_about("Submitted on Thu, 2026-11-19 13:49")
    assert about is None or about[0] == ""


def test_pictures_without_names_leave_no_address() -> None:
    """html2text writes the address of a picture in brackets; what an editor adds there stays."""
    text = (
        "****** Title ******\nShare[data:image/png;base64,iVBOR/\nw0KG=]here\n"
        "[https://img.example/a_b.jpg]\nThe [Republican] convention\n"
    )
    words = " ".join(plain_dump(text).text.split())
    assert words == "Title Sharehere The [Republican] convention"


def test_thai_paragraphs_need_no_full_stop() -> None:
    """Thai ends a sentence with a space, so a long line of it is a paragraph."""
    text = "ผู้สื่อข่าวได้รับแจ้งจากบุตรชายของผู้เสียชีวิต " * 3
    assert [line.prose for line in read_lines(f"หน้าแรก\n\n{text}")] == [False, True]


@pytest.mark.parametrize(
    "between",
    [
        ("(BUTTON) Share (BUTTON) More", "[1*3vIhkoHIzcx_UdijoCVx6w.png]"),
        ("* Share by e-mail", "* order a reprint", "* -"),
        ("______________________________", "\ue095 Pin"),
        (f"IFRAME: https://widgets.example/like?url={'harbour-' * 12}&text=OLD%20BRIDGE...",),
    ],
)
def test_buttons_and_pictures_as_text_browsers_write_them_are_not_the_text(
    between: tuple[str, ...],
) -> None:
    """Buttons, fields, names of pictures and lists between title and text belong to the page."""
    dump = read_page(TITLE, "By Ann Example", *between)
    assert (dump.author, dump.paragraphs) == ("Ann Example", PARAGRAPHS)


@pytest.mark.parametrize(
    "below",
    [
        "Portions of this content are ©1998–2026 by single contributors.",
        "Content available under a Creative Commons license.",
        "Profitez du journal où vous voulez. Abonnements papier, offres 100 % numériques.",
        "Try the Example Times free for 30 days.",
        "Testen Sie uns für einen Monat.",
    ],
)
def test_licences_and_offers_below_the_text_end_it(below: str) -> None:
    """They are sentences, but the page's, not the article's."""
    assert read_page(TITLE, "By Ann Example", below=(below,)).paragraphs == PARAGRAPHS


@pytest.mark.parametrize(
    "lines",
    [("Ann Example Ann Example", "March 17, 2026"), ("Written on Mar 17 by", "Ann Example")],
)
def test_a_portrait_beside_a_name_and_a_mark_with_a_date(lines: tuple[str, ...]) -> None:
    """A name that stands twice on its line is one name; the date may stand before the "by"."""
    assert read_page(TITLE, *lines).author == "Ann Example"
