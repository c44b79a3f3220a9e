"""Pages that show no article are told from articles."""

from __future__ import annotations

import pytest

from newsletter.articles.not_articles import NoArticle, no_article

PROSE = (
    "The harbour bridge reopened to traffic on Monday morning, eleven weeks after inspectors found"
    " cracks in two of its hangers, and the first bus crossed at ten past five in the rain."
)
COOKIES = (
    "We and our 842 partners store and access personal data, such as browsing data, on your device.\n"
    "Selecting I Accept enables tracking technologies and cookies to support advertising purposes.\n"
    "You can withdraw your consent at any time in our privacy policy. We use legitimate interest."
)


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("We value your privacy", COOKIES, NoArticle.CONSENT),
        ("Wir respektieren Ihre Privatsphäre", COOKIES, NoArticle.CONSENT),
        ("Example Times", COOKIES, NoArticle.CONSENT),
        (
            "Example mit Werbung",
            "Besuchen Sie Example wie gewohnt mit Werbung und Tracking. Details zum Tracking finden"
            " Sie im Datenschutz. Ihre Zustimmung können Sie widerrufen.",
            NoArticle.CONSENT,
        ),
        ("Just a moment...", "Enable JavaScript and cookies to continue", NoArticle.ROBOT_CHECK),
        ("Access denied", "You do not have permission to view this page.", NoArticle.ROBOT_CHECK),
        ("404", "The page you are looking for has moved.", NoArticle.NOT_FOUND),
        ("Error 404 - Page not found", PROSE, NoArticle.NOT_FOUND),
        ("Sorry, this page isn’t available", "It may be gone.", NoArticle.NOT_FOUND),
        ("Oops! That page can’t be found.", PROSE, NoArticle.NOT_FOUND),
        ("Seite nicht gefunden", PROSE, NoArticle.NOT_FOUND),
        ("Page introuvable", PROSE, NoArticle.NOT_FOUND),
        ("Página no encontrada", PROSE, NoArticle.NOT_FOUND),
        ("找不到页面", PROSE, NoArticle.NOT_FOUND),
        ("Subscribe now for $1", PROSE * 3, NoArticle.PAYWALL),
        (
            "Bridge opens",
            f"{PROSE}\nSubscribe to continue reading.\nAlready a subscriber? Log in",
            NoArticle.PAYWALL,
        ),
        ("Bridge opens", f"{PROSE}\nDieser Artikel ist nur für Abonnenten.", NoArticle.PAYWALL),
        ("Bridge opens", f"{PROSE}\nIl vous reste 80 % de cet article à lire.", NoArticle.PAYWALL),
        ("Bridge opens", PROSE * 3, None),
        ("Bridge opens", f"{PROSE * 6}\nSubscribe to continue reading our other stories.", None),
        ("We value your privacy", "\n".join([PROSE] * 12), None),
        ("404", "\n".join([PROSE] * 12), None),
        ("How cookies changed advertising", "\n".join([PROSE, COOKIES, *[PROSE] * 9]), None),
        ("404 steps to the harbour", PROSE * 9, None),
        ("Museum shows what was not found", PROSE * 9, None),
    ],
)
def test_what_a_page_shows(title: str, text: str, expected: NoArticle | None) -> None:
    """Walls and error pages are recognised, and long texts about them are articles."""
    assert no_article(title, text, locked=False) is expected


def test_a_locked_page_with_a_teaser_is_not_an_article() -> None:
    """A page that says it is for subscribers needs more than its first sentences."""
    assert no_article("Bridge opens", PROSE, locked=True) is NoArticle.PAYWALL
    assert no_article("Bridge opens", PROSE * 9, locked=True) is None
