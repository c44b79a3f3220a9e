"""Layouts of lists, alerts and plain text, and what in a mail is about its reader."""

from __future__ import annotations

import pytest

from newsletter.articles.mailed.mail import MailedNewsletter, read_mailed
from tests.unit.articles.mailed.test_mail import mail


def told(read: MailedNewsletter) -> list[tuple[str, ...]]:
    """Title and paragraphs of each story."""
    return [(story.title, *story.paragraphs) for story in read.stories]


def test_a_list_of_links_with_points() -> None:
    """Headlines with a site and comments beside them; a heading announces what is below it."""
    html = (
        '<h2>#Favorites</h2><p><a href="https://b.example/1">A small language for maps</a><br>'
        '<em>maps.example</em> <a href="https://b.example/1c">comments→</a></p>'
        '<p>2. <a href="https://b.example/2">Why my cat hates Tuesdays</a> //cat.example '
        '<a href="https://b.example/2c">212 comments</a></p><h2>#Sponsor</h2>'
        '<p><a href="https://b.example/3">Ship faster with our pans</a> They do it.</p><h2>#Show</h2>'
        '<p><a href="https://b.example/4">I built a clock of water</a></p>'
    )
    assert told(read_mailed(mail(html))) == [
        ("A small language for maps",),
        ("Why my cat hates Tuesdays",),
        ("I built a clock of water",),
    ]


def test_text_behind_a_headline_in_one_block() -> None:
    """After a line break or a colon; a sentence that begins with a link is no headline."""
    html = (
        '<p><a href="https://b.example/1">The new bridge opens</a><br>It was closed for ten years.</p>'
        '<p><a href="https://b.example/2">The pool stays open</a>: Swimmers are glad of it.</p>'
        '<p><a href="https://b.example/3">The Labor Department said</a> that it rained in March.</p>'
    )
    assert told(read_mailed(mail(html))) == [
        ("The new bridge opens", "It was closed for ten years."),
        (
            "The pool stays open",
            "Swimmers are glad of it.",
            "The Labor Department said that it rained in March.",
        ),
    ]


def test_writers_and_counts_are_no_text() -> None:
    """Names above a headline, and how long and popular it is, below it."""
    html = (
        '<p><a href="https://m.example/@bob">Bob Builder</a> in <a href="https://m.example/t">The Town Paper</a></p>'
        '<h2><a href="https://m.example/t/1">Why the bricks matter</a></h2><p>5 min read</p><p>1.2K claps</p>'
        '<h2><a href="https://m.example/t/2">Ten ways to boil eggs</a></h2>'
    )
    assert told(read_mailed(mail(html))) == [
        ("Why the bricks matter",),
        ("Ten ways to boil eggs",),
    ]


def test_alerts_lead_to_their_pages() -> None:
    """The address inside theirs is taken, and buttons that report are no stories."""
    html = (
        '<p><a href="https://www.google.com/url?rct=j&amp;url=https://s.example/new&amp;usg=A1b2">New bridge opens</a></p>'
        '<p>The bridge was opened.</p><p><a href="https://www.google.com/alerts/feedback?f=1">Flag as irrelevant</a></p>'
    )
    (story,) = read_mailed(mail(html)).stories
    assert (story.link, story.paragraphs) == ("https://s.example/new", ("The bridge was opened.",))


def test_the_address_of_the_reader_is_nobodys_text() -> None:
    """Neither that of the header nor that of the source, in HTML, plain text or subject."""
    html = (
        '<h2><a href="https://s.example/1">The new bridge opens</a></h2><p>Text.</p>'
        "<p>Sent to In+weekly@news.example.org by the paper</p><p>For ann@example.org only</p>"
        '<h2><a href="https://s.example/2">The pool stays open</a></h2>'
    )
    read = read_mailed(
        mail(html, To="Ann <ann@example.org>", subject="in+weekly@news.example.org: news"),
        "in+weekly@news.example.org",
    )
    assert told(read) == [("The new bridge opens", "Text."), ("The pool stays open",)]
    assert read.subject == ""
    plain = "The pool stays open\nhttps://s.example/2\n\nFor ann@example.org alone.\n"
    assert told(read_mailed(mail(text=plain, To="ann@example.org"))) == [("The pool stays open",)]


def test_advertisements_within_a_single_story() -> None:
    """What a line announces as paid for is left out up to the next headline."""
    html = (
        '<p><a href="https://b.example/view">View online</a></p><h1>Jobs are cooling down</h1><p>It rained.</p>'
        "<h3>TOGETHER WITH ACME</h3><h1>The best pan in the world</h1><p>Buy it.</p><h1>And else</h1><p>Snow.</p>"
    )
    (story,) = read_mailed(mail(html, subject="Cooling")).stories
    assert story.paragraphs == ("Jobs are cooling down", "It rained.", "And else", "Snow.")


@pytest.mark.parametrize("mark", ["【PR】", "[AD]", "広告"])
def test_short_marks_of_advertisements(mark: str) -> None:
    """As Japanese mail has them."""
    html = (
        '<h2><a href="https://s.example/1">新しい橋が月曜日に開通します</a></h2><p>十年ぶりの開通です。</p>'
        f'<p>{mark}</p><h2><a href="https://s.example/2">最高のフライパンを半額で</a></h2>'
    )
    read = read_mailed(mail(html))
    assert (len(read.stories), read.advertisements) == (1, 1)


def test_flowed_text_with_a_greeting() -> None:
    """Lines that flow are joined, and a greeting above a headline is not one."""
    text = "Dear reader,\n\n1. The new bridge opens on \nMonday\nhttps://s.example/1\n\nIt was closed for \nten years.\n"
    content = mail(text="x").replace(b'charset="utf-8"', b'charset="utf-8"; format=flowed')
    content = content.partition(b"\n\n")[0] + b"\n\n" + text.encode()
    assert told(read_mailed(content)) == [
        ("The new bridge opens on Monday", "It was closed for ten years.")
    ]


def test_records_in_plain_text() -> None:
    """The field that states a title is the headline, with the lines that continue it."""
    text = (
        "\\\\\nTitle: On the Boiling of Eggs in\n  Very High Places\nAuthors: Cy Example\n\\\\\n  Eggs boil.\n"
        "\\\\ ( https://arxiv.example/abs/2603.04321 ,  80kb)\n"
    )
    ((title, words),) = told(read_mailed(mail(text=text)))
    assert title == "On the Boiling of Eggs in Very High Places"
    assert words.endswith("Eggs boil.")


def test_the_subject_of_a_mail_that_was_forwarded() -> None:
    """What programs put before it is not its headline."""
    html = '<p><a href="https://m.example/web/7">View in your browser</a></p><p>It rained.</p>'
    assert (
        read_mailed(mail(html, subject="Fwd: WG: A quiet week")).stories[0].title == "A quiet week"
    )
