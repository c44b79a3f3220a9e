"""What a mail says about itself, and what of it was paid for."""

from __future__ import annotations

import pytest

from newsletter.articles.mailed.words import (
    announces_an_advertisement,
    ends_the_stories,
    is_about_the_mail,
    is_advertised,
    leads_on,
    without_reading_time,
)


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe",
        "View this email in your browser",
        "Manage your preferences",
        "Share with friends",
        "Follow us on Mastodon",
        "Thanks for reading, Ann & Bo",
        "Im Browser ansehen",
        "Voir la version en ligne",
        "Privacy policy",
        "Sign up",
        "Facebook | X | YouTube",
        "Find us on the web",
    ],
)
def test_furniture(text: str) -> None:
    """Short texts that are about the newsletter."""
    assert is_about_the_mail(text)


@pytest.mark.parametrize(
    "text",
    [
        "How to share a secret without telling anybody",
        "Facebook buys a company that makes glasses",
        "The privacy of your phone is at stake again",
        "New bridge opens on Monday",
        "Help arrives for the towns along the river",
        "Facebook is down",
        "Help is coming",
        "Threads overtakes X",
        "A new website for YouTube stars",
    ],
)
def test_headlines_are_no_furniture(text: str) -> None:
    """A headline may have one of the words."""
    assert not is_about_the_mail(text)


@pytest.mark.parametrize(
    "text",
    ["Sponsored", "TOGETHER WITH ACME", "Presented by Acme", "Anzeige", "Publicité", "A message from our sponsor", "広告"],
)  # fmt: skip
def test_advertisements_are_announced(text: str) -> None:
    """In several languages, by a label."""
    assert announces_an_advertisement(text)


def test_a_headline_may_be_about_advertising() -> None:
    """A longer text with the word is a story."""
    text = "Why the largest sponsor of the national football league leaves after twenty long years"
    assert not announces_an_advertisement(text)


@pytest.mark.parametrize(
    "title",
    ["Scale your database (Sponsor)", "[Ad] Buy two", "Sponsored: a new way", "Anzeige: Autos"],
)
def test_advertised_headlines(title: str) -> None:
    """A headline that says so of itself."""
    assert is_advertised(title)


@pytest.mark.parametrize(
    "text",
    ["Read more", "Read the full story →", "Continue reading", "Weiterlesen", "Lire la suite", "続きを読む", "More »"],
)  # fmt: skip
def test_links_that_lead_on(text: str) -> None:
    """They have no headline of their own."""
    assert leads_on(text)


@pytest.mark.parametrize("text", ["Read more books", "Moreover it rains", "Article 5 is invoked"])
def test_headlines_do_not_lead_on(text: str) -> None:
    """Words that only begin so."""
    assert not leads_on(text)


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("A story (3 minute read)", "A story"),
        ("A story [12 min]", "A story"),
        ("Ein Bericht (4 Minuten Lesezeit)", "Ein Bericht"),
        ("The 10 minute city", "The 10 minute city"),
    ],
)
def test_reading_times(title: str, bare: str) -> None:
    """They are not part of a headline."""
    assert without_reading_time(title) == bare


@pytest.mark.parametrize(
    "text",
    ["© 2026 The Daily", "You are receiving this because you signed up", "Sie erhalten diese E-Mail, weil", "退订"],
)  # fmt: skip
def test_the_foot(text: str) -> None:
    """Where the stories end."""
    assert ends_the_stories(text)
