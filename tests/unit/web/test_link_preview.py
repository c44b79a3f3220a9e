"""What a page of the archive says to programs that show a link with title and picture."""

from __future__ import annotations

from lxml import html

from newsletter.web.archive.link_preview import with_link_preview
from tests.factories.editions import make_edition
from tests.factories.issues import make_article, make_image, make_issue, make_item

ADDRESS = "https://news.example.org/archive/weekly/12"


def said(*, picture: bool) -> dict[str, str]:
    """The properties of a page whose second story may have a picture."""
    image = make_image(2, alt='"><script>') if picture else None
    items = [make_item(make_article(1)), make_item(make_article(2, image=image))]
    page = with_link_preview(
        "<html><head></head><body></body></html>",
        make_issue(items),
        make_edition(items),
        address=ADDRESS,
        preview_of=lambda url: f"https://news.example.org/pictures/preview/a?of={url}&b",
    )
    document = html.document_fromstring(page)
    assert not document.xpath("//script")
    return {
        meta.get("property"): meta.get("content") for meta in document.xpath("//meta[@property]")
    }


def test_the_first_picture_is_shown_in_the_shape_of_previews() -> None:
    """At this site's address, with its size, and its words as an attribute."""
    shown = said(picture=True)
    picture = make_image(2)
    assert shown["og:url"] == ADDRESS
    assert shown["og:image"] == f"https://news.example.org/pictures/preview/a?of={picture.url}&b"
    assert (shown["og:image:width"], shown["og:image:height"]) == ("1200", "630")
    assert shown["og:image:alt"] == '"><script>'


def test_without_a_picture_none_is_named() -> None:
    """A program that finds no picture shows the title and the text."""
    assert {name for name in said(picture=False) if name.startswith("og:image")} == set()
