"""A page that says nothing for machines is read by its headline and its by-line."""

from __future__ import annotations

import lxml.html
import pytest

from newsletter.articles.page_visible import headline_of, tags_of, writer_of


def tree(head: str, body: str) -> lxml.html.HtmlElement:
    """A page."""
    return lxml.html.document_fromstring(
        f"<html><head>{head}</head><body>{body}<p>Text.</p></body></html>"
    )


@pytest.mark.parametrize(
    ("title", "body", "guess", "headline"),
    [
        (
            "Old bridge reopens at last | News | Ann Example",
            "<h1>Hi, I'm Ann</h1><h2>Old bridge reopens at last</h2>",
            "Hi, I'm Ann",
            "Old bridge reopens at last",
        ),
        (
            "Old bridge reopens at last",
            "<h1>Allergies Center</h1><h2>Tools</h2><h2>Old bridge reopens at last</h2>",
            "Allergies Center",
            "Old bridge reopens at last",
        ),
        ("Example News", "<h1>Old bridge reopens</h1>", "Old bridge reopens", "Old bridge reopens"),
        ("Home", "<h1>Allergies Center</h1><h2>Home</h2>", "Allergies Center", "Allergies Center"),
        ("", "<h1>Old bridge</h1>", "Old bridge", "Old bridge"),
    ],
)
def test_the_heading_that_the_title_repeats(
    title: str, body: str, guess: str, headline: str
) -> None:
    """Only where the first heading is no part of the title is another one taken."""
    assert headline_of(tree(f"<title>{title}</title>", body), guess) == headline


@pytest.mark.parametrize(
    ("body", "guess", "writer"),
    [
        ("<span class='pb-byline'>By <a>Ann Example</a></span>", "Username", "Ann Example"),
        ("<a rel='author' href='/ann'>Ann Example</a>", "", "Ann Example"),
        ("<div class='comments'><b class='author'>Bo Example</b></div>", "", ""),
        ("<div class='author-box'>Follow us</div>", "", ""),
        ("<span class='byline'>By Bo Example</span>", "Ann Example", "Ann Example"),
    ],
)
def test_the_by_line_that_the_page_shows(body: str, guess: str, writer: str) -> None:
    """It counts where nothing else names the writer; who comments wrote nothing."""
    assert writer_of(tree("", body), guess) == writer


def links(*labels: str, around: str = "p", separator: str = ", ") -> str:
    """An element with links to tags."""
    inside = separator.join(f"<a href='/tag/{label.lower()}'>{label}</a>" for label in labels)
    return f"<{around}>{inside}</{around}>"


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        (links("Sopa", "Pipa", "Privacy"), ("Sopa", "Pipa", "Privacy")),
        (f"<p>Tagged: {links('Marines', around='i')}</p>", ()),
        ("<p><i>Tagged:</i> <a href='/tag/marines/'>Marines</a></p>", ("Marines",)),
        (
            "<ul><li><a href='/topic/ports'>Ports</a></li><li><a href='/topic/cranes'>Cranes</a>"
            "</li><li><a href='/topic/law'>Law</a></li></ul>",
            ("Ports", "Cranes", "Law"),
        ),
        (f"<nav>{links('Sopa', 'Pipa', 'Privacy')}</nav>", ()),
        (links(*(f"Tag{number}" for number in range(30))), ()),
        ("<p>The law on <a href='/tag/sopa'>Sopa</a> failed.</p>", ()),
        (links("Sopa", "Pipa"), ()),
        (
            links("a", "b", "c", around="div class='related'").replace(
                "</div class='related'>", "</div>"
            ),
            (),
        ),
    ],
)
def test_the_list_of_tags_that_the_page_shows(body: str, tags: tuple[str, ...]) -> None:
    """Links to pages of tags with nothing but separators between them; no menu, cloud or sentence."""
    assert tags_of(tree("", body)) == tags
