"""What templates see of an item."""

from __future__ import annotations

import pytest

from newsletter.articles.article import Coverage, Enclosure, Image
from newsletter.issues.issue import Overrides
from newsletter.rendering.layout import DENSITIES, lay_out
from newsletter.rendering.pictures import LEAD_WIDTH
from newsletter.rendering.views import issue_view, story
from tests.factories.editions import make_masthead
from tests.factories.issues import make_article, make_image, make_item, make_items


def test_overrides_come_before_the_article() -> None:
    """An editor's words are the ones that are printed."""
    overrides = Overrides(title="Mine", summary="Short.", link_text="Go on")
    printed = story(make_item(overrides=overrides), make_masthead(), summary=99, width=100)
    assert (printed.title, printed.summary, printed.link_text) == ("Mine", "Short.", "Go on")


def test_byline_names_each_once_and_dates_in_the_newsletters_zone() -> None:
    """Author, agency and source without repeats; the date as readers count it."""
    article = make_article(author="Wire", agency="Wire", source="https://www.example.org/feed.xml")
    masthead = make_masthead(language="de", timezone="Pacific/Auckland")
    printed = story(make_item(article), masthead, summary=99, width=0)
    assert (*printed.credits, printed.source) == ("Wire", "3. März", "example.org")


def test_title_falls_back() -> None:
    """An empty title gives way to the address: a headline is never empty."""
    article = make_article(title="\x00 ")
    printed = story(make_item(article), make_masthead(), summary=9, width=0)
    assert printed.title == article.url


def test_other_versions_keep_only_sound_links() -> None:
    """A bad address leaves the name of the other source as text."""
    also = (Coverage(source="Other", title="t", url="javascript:x"),)
    printed = story(make_item(make_article(also=also)), make_masthead(), summary=9, width=0)
    assert [(link.text, link.url) for link in printed.also] == [("Other", "")]


@pytest.mark.parametrize(
    ("image", "width", "fluid"),
    [
        (make_image(width=1200, height=675), 168, True),
        (make_image(width=None, height=None), 168, True),
        (make_image(width=90, height=60), 90, False),
        (make_image(width=600, height=1200), 84, False),
    ],
)
def test_picture_fits(image: Image, width: int, fluid: bool) -> None:
    """Never blown up, never taller than wide; fluid only where it is large enough."""
    printed = story(make_item(make_article(image=image)), make_masthead(), summary=9, width=168)
    assert printed.picture is not None
    assert (printed.picture.width, printed.picture.fluid) == (width, fluid)


def test_unsound_picture_is_none() -> None:
    """A data: or relative image is not shown."""
    image = make_image(url="data:image/png;base64,AAAA")
    printed = story(make_item(make_article(image=image)), make_masthead(), summary=9, width=99)
    assert printed.picture is None


def test_columns_hold_stories_of_a_kind() -> None:
    """No picture stands beside a story without one, which would leave a hole."""
    items = [
        make_item(make_article(number, image=make_image() if number in (3, 4, 6) else None))
        for number in range(1, 9)
    ]
    pages = issue_view(lay_out(items, DENSITIES[0]), DENSITIES[0], make_masthead())
    assert [[story.url[-1] for story in pair] for pair in pages.sections[0].pairs] == [
        ["2"], ["3", "4"], ["5"], ["6"], ["7", "8"],
    ]  # fmt: skip


def test_blocks_part_cards_from_rows() -> None:
    """A story with a picture stands alone, those between stand together, in order."""
    items = [
        make_item(make_article(number, image=make_image() if number in (3, 4) else None))
        for number in range(1, 8)
    ]
    pages = issue_view(lay_out(items, DENSITIES[0]), DENSITIES[0], make_masthead())
    blocks = pages.sections[0].blocks
    assert [[story.url[-1] for story in block] for block in blocks] == [
        ["2"], ["3"], ["4"], ["5", "6", "7"],
    ]  # fmt: skip


def test_lead_gets_the_large_picture() -> None:
    """The lead's picture is as wide as the text."""
    pages = issue_view(
        lay_out(make_items(1, pictures=True), DENSITIES[0]), DENSITIES[0], make_masthead()
    )
    assert pages.lead is not None
    assert pages.lead.picture is not None
    assert pages.lead.picture.width == LEAD_WIDTH


def test_pairs_are_two_by_two_in_reading_order() -> None:
    """The last of an odd number stands alone, and so does an article that is shown whole."""
    items = [
        make_item(make_article(number), section="News" if number < 7 else "Whole")
        for number in range(1, 10)
    ]
    masthead = make_masthead(full_sections=frozenset({"Whole"}))
    pages = issue_view(lay_out(items, DENSITIES[0]), DENSITIES[0], masthead)
    pairs = [[[story.url[-1] for story in pair] for pair in part.pairs] for part in pages.sections]
    assert pairs == [[["2", "3"], ["4", "5"], ["6"]], [["7"], ["8"], ["9"]]]


@pytest.mark.parametrize(
    ("words", "seconds", "length"),
    [
        (230, None, (0, False)),
        (700, None, (4, False)),
        (700, 1865, (32, True)),
        (0, None, (0, False)),
    ],
)
def test_how_long_a_story_takes(words: int, seconds: int | None, length: tuple[int, bool]) -> None:
    """Minutes of reading from two on, or of hearing where an episode says how long it is."""
    episode = Enclosure(url="https://pod.example/1.mp3", type="audio/mpeg", seconds=seconds)
    article = make_article(words=words, enclosure=episode)
    shown = story(make_item(article), make_masthead(), summary=99, width=0)
    assert (shown.minutes, shown.plays) == length
