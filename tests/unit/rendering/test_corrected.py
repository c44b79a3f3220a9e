from __future__ import annotations

from typing import Any

from newsletter.rendering.corrected import StoryNote, note_html, redirected, with_notes

URL = "https://press.example.org/sea?a=1&b=2"
LINKED = '<h2 class="headline"><a href="https://press.example.org/sea?a=1&amp;b=2">The sea</a></h2>'
PAGE = f"<html><body style='x'><h1>The Weekly</h1>{LINKED}<p>It rose.</p></body></html>"


def note(**changes: Any) -> StoryNote:
    """A note on the story of the sea."""
    fields = {"story": "1", "url": URL, "headline": "The sea", "said": "Corrected:", "text": "No."}
    return StoryNote(**{**fields, **changes})


def test_a_note_stands_below_its_headline() -> None:
    """Several stand in the order in which they were written."""
    page = with_notes(PAGE, [note(text="First."), note(text="Second.")])
    assert page.index(LINKED) < page.index("First.") < page.index("Second.") < page.index("It rose")
    assert page.count("Corrected:") == 2
    assert page.count("The sea") == 1


def test_a_story_without_a_link_is_found_by_its_headline() -> None:
    """Soft hyphens in it do not matter."""
    page = with_notes("<body><h3>The\n se&shy;a</h3><p>It rose.</p></body>", [note(url="")])
    assert page.index("</h3>") < page.index("No.") < page.index("It rose.")


def test_a_note_whose_story_is_not_found_stands_at_the_top_with_the_headline() -> None:
    """A site's own theme may show stories in its own way."""
    page = with_notes(PAGE, [note(url="https://press.example.org/hills", headline="The <hills>")])
    assert page.index("<body") < page.index("The &lt;hills&gt;") < page.index("The Weekly")


def test_what_an_editor_writes_is_text() -> None:
    """It cannot become markup, in a page or in a feed."""
    hostile = note(text="<script>alert(1)</script>\nSecond line", said="<b>")
    for html in (with_notes(PAGE, [hostile]), note_html(hostile)):
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert "<b>" not in html
    assert "<br>Second line" in note_html(hostile)


def test_every_link_to_a_replaced_address_leads_to_the_new_one() -> None:
    """Only whole addresses; what is not a link, and every other link, stays."""
    html = f'{LINKED}<a href="https://press.example.org/sea">x</a><img src="{URL}">'
    moved = redirected(html, {URL: 'https://new.example/?x=1&y="'})
    assert 'href="https://new.example/?x=1&amp;y=&quot;"' in moved
    assert 'href="https://press.example.org/sea"' in moved
    assert f'src="{URL}"' in moved
    assert redirected(html, {}) == html
