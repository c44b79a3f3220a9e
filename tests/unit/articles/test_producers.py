"""What programs add to the texts and addresses of feeds is told from what authors wrote."""

from __future__ import annotations

import pytest

from newsletter.articles.entry_text import unescaped, without_boilerplate, without_title
from newsletter.articles.producers import (
    is_addition,
    own_title,
    says_nothing,
    unwrapped,
    without_additions,
)
from tests.effort import at_most

POSTS = [
    "The post A bridge appeared first on Example Site.",
    "The post A bridge first appeared on Example Site.",
    "Der Beitrag Die Brücke erschien zuerst auf Beispiel.",
    "L’article Le pont est apparu en premier sur Exemple.",
    "La entrada El puente se publicó primero en Ejemplo.",
    "O post A ponte apareceu primeiro em Exemplo.",
    "L'articolo Il ponte proviene da Esempio.",
    "Het bericht De brug verscheen eerst op Voorbeeld.",
    "Inlägget Bron dök först upp på Exempel.",
    "Wpis Most pojawił się poczatkowo na Przykład.",
    "Запись Мост впервые появилась Пример.",
    "投稿 橋 は 例 に最初に表示されました。",
]


@pytest.mark.parametrize(
    "paragraph",
    [
        *POSTS,
        "Continue reading",
        "Continue reading A bridge →",
        "Read more…",
        "[Read more]",
        "Lire la suite",
        "Weiterlesen »",
        "Leer más",
        "Читать далее",
        "続きを読む",
        "阅读全文",
        "Comments",
        "Article URL: https://example.org/a",
        "Comments URL: https://example.org/b",
        "Points: 12",
        "# Comments: 3",
        "submitted by /u/ann to r/trains [link] [comments]",
        "[link] [comments]",
        "Continue reading on The Blog »",
        "Share this:",
        "Facebook Twitter LinkedIn",
        "Thanks for reading The Bridge! Subscribe for free to receive new posts and support my work.",
        "3 posts - 2 participants",
        "Read full topic",
    ],
)
def test_additions_are_known(paragraph: str) -> None:
    """In the languages of their programs."""
    assert is_addition(paragraph)


@pytest.mark.parametrize(
    "paragraph",
    [
        "Share prices fell on Monday.",
        "More people came than last year.",
        "Comments are welcome, says the mayor.",
        "The post office appeared in the list of closures on Monday.",
        "Read more about trains in the book that she wrote. It is long.",
        "Related matters were not discussed.",
        "Points: the team has 12, and will need 20.",
        "***",
        "",
    ],
)
def test_what_authors_write_is_kept(paragraph: str) -> None:
    """A paragraph that begins like an addition, but goes on, is the author's."""
    assert not is_addition(paragraph)


@pytest.mark.parametrize("post", POSTS[:11])
def test_an_addition_after_the_text_is_cut_off(post: str) -> None:
    """Where both stand in one paragraph."""
    assert without_additions(f"It opens in May. {post}") == "It opens in May."
    assert without_additions("It opens in May. […] Continue reading →") == "It opens in May."
    assert without_additions("We want more.") == "We want more."
    assert without_additions("Listen now (42 mins) | We talk.") == "We talk."


def test_a_body_loses_additions_only() -> None:
    """Its own paragraphs and their markup stay; a repeated title goes."""
    body = (
        "<h2>A bridge</h2><p>It <b>opens</b> in May.</p>"
        "<p>The post <a>A bridge</a> appeared first on <a>Example</a>.</p>"
    )
    assert without_boilerplate(body, "A bridge") == "<p>It <b>opens</b> in May.</p>"
    assert without_boilerplate("<p>A bridge</p>", "A bridge") == "<p>A bridge</p>"


def test_what_was_escaped_twice_is_read_as_meant() -> None:
    """Unless the text has tags of its own, and writes about others."""
    assert unescaped("&lt;p&gt;Hi&lt;/p&gt;") == "<p>Hi</p>"
    assert unescaped("it&amp;#8217;s &amp;nbsp; caf&amp;eacute;") == "it&#8217;s &nbsp; caf&eacute;"
    about = "<p>Write &lt;p&gt;Hi&lt;/p&gt;</p>"
    assert unescaped(about) == about
    link = "<p>Part of the &lt;a href=&quot;https://x.example/&quot;&gt;project&lt;/a&gt;.</p>"
    assert unescaped(link) == '<p>Part of the <a href="https://x.example/">project</a>.</p>'
    assert unescaped(f"<code>{link}</code>") == f"<code>{link}</code>"
    assert unescaped("Is 1 &lt; 2 &amp;&amp; 3?") == "Is 1 &lt; 2 &amp;&amp; 3?"


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("Mayor speaks. The hall was full.", "Mayor speaks", "The hall was full."),
        ("Mayor speaks: the hall was full.", "Mayor speaks", "the hall was full."),
        (
            "Mayor speaks about the bridge The hall was full.",
            "Mayor speaks about the bridge",
            "The hall was full.",
        ),
        ("Mayor speaks to the crowd.", "Mayor speaks", "Mayor speaks to the crowd."),
        ("Example City Council votes.", "Example City", "Example City Council votes."),
        ("Mayor speaks", "Mayor speaks", ""),
        ("It is so.", "Mayor speaks", "It is so."),
    ],
)
def test_a_summary_does_not_begin_with_the_title(text: str, title: str, rest: str) -> None:
    """A title that is the beginning of a sentence stays."""
    assert without_title(text, title) == rest


def test_titles_and_labels_of_programs() -> None:
    """arXiv numbers its titles; Blogger and WordPress label what has no label."""
    assert own_title("Deep trains (arXiv:2401.00001v1 [cs.LG])") == "Deep trains"
    assert own_title("What (not) to do") == "What (not) to do"
    assert says_nothing("http://schemas.google.com/blogger/2008/kind#post")
    assert says_nothing("Uncategorized")
    assert says_nothing("Non classé")
    assert not says_nothing("General relativity")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        (
            "https://www.google.com/url?rct=j&url=https://x.example/a%3Fb%3D1&ct=ga",
            "https://x.example/a?b=1",
        ),
        ("https://www.google.com/url?q=https://x.example/a&sa=D", "https://x.example/a"),
        (
            "https://www.google.com/search?q=https://x.example/a",
            "https://www.google.com/search?q=https://x.example/a",
        ),
        (
            "https://www.google.com/url?url=javascript:alert(1)",
            "https://www.google.com/url?url=javascript:alert(1)",
        ),
        (
            "https://x.example/url?url=https://y.example/",
            "https://x.example/url?url=https://y.example/",
        ),
    ],
)
def test_redirections_that_name_their_end_are_unwrapped(url: str, own: str) -> None:
    """Only those of known programs: any other address may mean what it says."""
    assert unwrapped(url) == own


def test_long_texts_take_no_quadratic_time() -> None:
    """The patterns look at a paragraph's end, and at short paragraphs."""
    with at_most(100):
        for _ in range(300):
            without_additions("The post " * 300)
            is_addition("the post " + "a " * 300)
            is_addition("facebook " * 70 + "!")


@pytest.mark.parametrize(
    "line",
    [
        "Ann Example",
        "By Ann Example",
        "<span>Ann Example</span><time>2026-03-02T10:00:00Z</time>",
        "Ann Example, 2 March 2026",
        "March 2, 2026 by Ann Example",
    ],
)
def test_author_and_date_above_the_text_are_not_repeated(line: str) -> None:
    """An article shows them already; a sentence about the author stays."""
    text = "<p>It opens in May.</p>"
    assert without_boilerplate(f"<p>{line}</p>{text}", "A bridge", "Ann Example") == text
    sentence = "<p>Ann Example spoke.</p>"
    assert without_boilerplate(sentence + text, "A bridge", "Ann Example") == sentence + text
    assert without_boilerplate(f"<p>{line}</p>", "A bridge", "Ann Example") == f"<p>{line}</p>"
