"""Feeds of every producer and shape give what their publishers meant."""

from __future__ import annotations

import gzip
import html
from datetime import UTC, datetime

import pytest

from newsletter.articles.article import Article, Enclosure
from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.tags import make_vocabulary

ORIGIN = Origin(
    source="Feed",
    location="https://feeds.example.org/all.xml",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 5, 13, 7, 0, tzinfo=UTC),
)
NAMESPACES = (
    "xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    " xmlns:dc='http://purl.org/dc/elements/1.1/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    " xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"
)
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'>{}</feed>"


def articles_in(body: bytes | str) -> tuple[Article, ...]:
    """The articles of the document."""
    content = body.encode() if isinstance(body, str) else body
    document = parse_feed(content, content_type="", url=ORIGIN.location, origin=ORIGIN)
    return articles_of(document.entries, ORIGIN)[0]


def one(inside: str) -> Article:
    """The only article of an RSS item with this inside."""
    feed = f"<rss version='2.0' {NAMESPACES}><channel><title>T</title><item>{inside}</item></channel></rss>"
    (article,) = articles_in(feed)
    return article


def described(text: str, title: str = "A title") -> Article:
    """The article of an item with this HTML as its description."""
    link = "<link>https://x.example/a</link>"
    return one(f"<title>{title}</title>{link}<description>{html.escape(text)}</description>")


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        (
            "<p>The mayor spoke. It rained.</p><p>The post <a href='x'>A title</a> appeared first on"
            " <a href='y'>Site</a>.</p>",
            "The mayor spoke. It rained.",
        ),
        (
            "<p>Article URL: <a href='x'>https://x.example/</a></p><p>Comments URL: <a href='y'>"
            "https://y.example/</a></p><p>Points: 12</p><p># Comments: 3</p>",
            "",
        ),
        ("<a href='https://y.example/'>Comments</a>", ""),
        (
            "<!-- SC_OFF --><div class='md'><p>My question.</p></div><!-- SC_ON --> &#32; submitted by"
            " &#32; <a href='u'> /u/ann </a> <br/> <span><a href='l'>[link]</a></span> &#32;"
            " <span><a href='c'>[comments]</a></span>",
            "My question.",
        ),
        ("<p>A snippet.</p><p><a href='x'>Continue reading on The Blog »</a></p>", "A snippet."),
        ("<p>News.</p><p>Thanks for reading The Blog! Subscribe for free.</p>", "News."),
        ("arXiv:2401.00001v1 Announce Type: new \nAbstract: We study trains.", "We study trains."),
        ("&lt;p&gt;Escaped &lt;b&gt;twice&lt;/b&gt;.&lt;/p&gt;", "Escaped twice."),
        ("A title. And what it is about.", "And what it is about."),
        ("Text here.<img src='http://feeds.feedburner.com/~r/x/~4/a' width='1'>", "Text here."),
    ],
)
def test_a_summary_is_what_the_author_wrote(text: str, summary: str) -> None:
    """Not what WordPress, Hacker News, Reddit, Medium, Substack, arXiv and FeedBurner add."""
    assert described(text).summary == summary


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("AT&T and R&D; Q&A", "AT&T and R&D; Q&A"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("It&amp;#8217;s here", "It’s here"),
        ("It&#8217;s &eacute;t&eacute;", "It’s été"),
        ("<![CDATA[Caf&eacute; &amp; bar]]>", "Café & bar"),
        ("Bell\x08 and\x1b whistles", "Bell and whistles"),
    ],
)
def test_titles_are_unescaped(title: str, read: str) -> None:
    """However often they were escaped, and whatever is not XML in them."""
    assert described("Words.", title).title == read


def test_a_video_has_the_text_of_its_group() -> None:
    """YouTube has no summary; what a picture says of itself is none."""
    group = (
        "<media:group><media:title>V</media:title><media:content url='https://y.example/v'"
        " type='application/x-shockwave-flash' width='640' height='390'/><media:thumbnail"
        " url='https://y.example/v.jpg' width='480' height='360'/><media:description>We tour the"
        " bridge.\n\nSubscribe: https://y.example/c\n#bridge</media:description></media:group>"
    )
    entry = f"<entry><title>V</title><link href='https://y.example/w'/>{group}</entry>"
    (video,) = articles_in(ATOM.format(entry))
    assert video.summary == "We tour the bridge."
    assert video.image is not None
    assert video.image.url == "https://y.example/v.jpg"
    caption = "<media:content url='/p.jpg' medium='image'><media:description>Caption</media:description></media:content>"
    article = one(
        f"<title>A</title><link>https://x.example/a</link>{caption}<description>The real one.</description>"
    )
    assert article.summary == article.body_text == "The real one."


@pytest.mark.parametrize(
    ("inside", "beside", "alt"),
    [
        ("<media:description>The bridge at dawn</media:description>", "", "The bridge at dawn"),
        ("<media:title>The bridge at dawn</media:title>", "", "The bridge at dawn"),
        ("<media:title>bridge_02</media:title>", "", ""),
        ("<media:title type='html'>jane</media:title>", "", ""),
        ("", "<media:description>A &lt;b&gt;gate&lt;/b&gt;</media:description>", "A gate"),
        (
            "<media:description>In</media:description>",
            "<media:description>By</media:description>",
            "In",
        ),
    ],
)
def test_what_a_feed_says_of_a_picture_is_its_alternative_text(
    inside: str, beside: str, alt: str
) -> None:
    """In the picture's element or beside the only one; neither is the title or text of the entry."""
    picture = (
        f"<media:content url='https://x.example/p.jpg' medium='image'>{inside}</media:content>"
    )
    for order in (f"{picture}{beside}", f"{beside}{picture}"):
        text = "<description>The real one.</description>"
        article = one(f"<title>A</title><link>https://x.example/a</link>{order}{text}")
        assert article.image is not None
        assert (article.title, article.summary, article.image.alt) == ("A", "The real one.", alt)


def test_a_caption_is_no_summary() -> None:
    """An entry without a text of its own has none, though its picture has a caption."""
    caption = "<media:description>The bridge at dawn</media:description>"
    picture = (
        f"<media:content url='https://x.example/p.jpg' medium='image'>{caption}</media:content>"
    )
    article = one(f"<title>A</title><link>https://x.example/a</link>{picture}")
    assert article.image is not None
    assert (article.summary, article.image.alt) == ("", "The bridge at dawn")


def test_a_podcast_has_its_file() -> None:
    """Its link, its type and length, and the picture of the episode."""
    episode = one(
        "<title>Ep</title><guid isPermaLink='false'>1</guid><itunes:image href='https://p.example/1.jpg'/>"
        "<enclosure url='https://p.example/1.mp3' type='audio/mpeg' length='1234'/>"
        "<itunes:duration>1:02:03</itunes:duration>"
    )
    assert episode.url == "https://p.example/1.mp3"
    assert episode.enclosure == Enclosure(
        url="https://p.example/1.mp3", type="audio/mpeg", length=1234, seconds=3723
    )
    assert episode.image is not None
    assert episode.image.url == "https://p.example/1.jpg"


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        (
            "<link>http://feedproxy.example/~r/x</link><feedburner:origLink>https://x.example/a</feedburner:origLink>",
            "https://x.example/a",
        ),
        (
            "<link>https://www.google.com/url?url=https://x.example/a&amp;ct=ga</link>",
            "https://x.example/a",
        ),
        ("<guid>https://x.example/a</guid>", "https://x.example/a"),
        ("<guid isPermaLink='false'>https://x.example/a</guid>", ""),
        ("<link>https://x.example/?a=1&b=2</link>", "https://x.example/?a=1&b=2"),
        ("<link><![CDATA[ https://x.example/a ]]></link>", "https://x.example/a"),
    ],
)
def test_links_lead_to_the_article(inside: str, url: str) -> None:
    """Not to who counts its readers."""
    assert one(f"<title>A</title>{inside}").url == url


def test_atom_links_are_chosen_by_their_relation() -> None:
    """The alternate one, wherever it stands; relative to the feed, or to xml:base."""
    links = (
        "<id>tag:x,2026:1</id><link rel='replies' type='text/html' href='/c'/><link rel='self' href='/s'/>"
        "<link href='/a/1'/><link rel='edit' href='/e'/>"
    )
    (article,) = articles_in(ATOM.format(f"<entry><title>A</title>{links}</entry>"))
    assert article.url == "https://feeds.example.org/a/1"


@pytest.mark.parametrize(
    "body",
    [
        "Warning: disk full on line 3\n\n<?xml version='1.0'?>{}",
        "\n\n\ufeff  {}",
        "<?xml version='1.0' encoding='utf-16'?>{}",
        "<!DOCTYPE rss [<!ENTITY % x PUBLIC '-//X' 'http://x.example/x.ent'> %x;]>{}",
    ],
)
def test_what_stands_before_a_feed_does_no_harm(body: str) -> None:
    """Messages of servers, marks, wrong declarations, document types."""
    feed = "<rss version='2.0'><channel><title>T</title><item><title>Bridge</title></item></channel></rss>"
    assert [article.title for article in articles_in(body.format(feed))] == ["Bridge"]


def test_a_feed_that_a_page_shows_as_text_is_read() -> None:
    """Some servers print it into a page."""
    feed = "<rss version='2.0'><channel><item><title>A &amp; B</title></item></channel></rss>"
    page = f"<html><body><pre>{html.escape(feed)}</pre></body></html>"
    assert [article.title for article in articles_in(page)] == ["A & B"]


def test_compressed_files_are_unpacked() -> None:
    """As some servers keep them."""
    feed = b"<rss version='2.0'><channel><item><title>A</title></item></channel></rss>"
    assert [article.title for article in articles_in(gzip.compress(feed))] == ["A"]


def test_namespaces_that_were_never_declared_are_guessed() -> None:
    """By the prefixes that everybody uses."""
    (article,) = articles_in(
        "<rss version='2.0'><channel><item><title>A</title><link>https://x.example/a</link>"
        "<media:content url='https://x.example/p.jpg' medium='image'/><dc:creator>Ann Example"
        "</dc:creator><content:encoded><![CDATA[<p>Text.</p>]]></content:encoded></item></channel></rss>"
    )
    assert (article.author, article.body_text) == ("Ann Example", "Text.")
    assert article.image is not None


def test_an_old_channel_of_microsoft_is_read() -> None:
    """CDF has attributes where others have elements."""
    (article,) = articles_in(
        "<CHANNEL HREF='https://x.example/'><TITLE>T</TITLE><ITEM HREF='https://x.example/1'"
        " LASTMOD='2026-03-01T10:00'><TITLE>A</TITLE><ABSTRACT>Text.</ABSTRACT></ITEM></CHANNEL>"
    )
    assert (article.url, article.title, article.summary) == ("https://x.example/1", "A", "Text.")
    assert article.dated


def test_google_news_repeats_nothing() -> None:
    """Its titles end with the paper, and its texts are the title again."""
    article = one(
        "<title>Bridge opens - The Example</title><link>https://news.example/x</link><description>"
        + html.escape("<a href='x'>Bridge opens</a>&nbsp;<font>The Example</font>")
        + "</description><source url='https://example.org'>The Example</source>"
    )
    assert (article.title, article.summary, article.agency) == ("Bridge opens", "", "The Example")


def test_a_link_without_its_end_is_a_link() -> None:
    """What follows it keeps its own meaning."""
    article = one(
        "<title>A</title><link>https://example.org/1<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>"
    )
    assert article.url == "https://example.org/1"
    assert article.published == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_an_enclosure_without_an_address_is_none() -> None:
    """The entry's page is not its episode."""
    article = one(
        "<title>A</title><link>https://example.org/1</link><enclosure>https://example.org/1.mp3</enclosure>"
    )
    assert article.enclosure is None


@pytest.mark.parametrize(
    "written",
    [
        "&lt;![CDATA[Bridge &lt;b&gt;reopens&lt;/b&gt;]]&gt;",
        "&lt;![CDATA[Bridge reopens]]>",
        "\n &lt;![cdata[Bridge reopens]]&gt; \n",
    ],
)
def test_cdata_whose_signs_were_escaped_is_text(written: str) -> None:
    """The signs go, the text stays, in titles and descriptions."""
    article = one(f"<title>{written}</title><link>https://e.example/a</link>")
    assert article.title == "Bridge reopens"
    titled = "<title>Title</title><link>https://e.example/a</link>"
    assert one(f"{titled}<description>{written}</description>").summary == "Bridge reopens"


def test_an_article_about_cdata_keeps_its_signs() -> None:
    """Where other text stands beside them, they are what the article is about."""
    article = one(
        "<title>How &lt;![CDATA[ works ]]&gt; in feeds</title><link>https://e.example/a</link>"
    )
    assert article.title == "How <![CDATA[ works ]]> in feeds"


def test_a_relation_may_be_an_address_at_iana() -> None:
    """RFC 4287 names relations by their address too."""
    entry = (
        "<entry><title>T</title><id>urn:1</id><link rel='self' href='https://e.example/feed'/>"
        "<link rel='http://www.iana.org/assignments/relation/alternate' href='https://e.example/a'/>"
        "</entry>"
    )
    assert articles_in(ATOM.format(entry))[0].url == "https://e.example/a"


@pytest.mark.parametrize(
    ("feed_author", "entry_author", "author"),
    [
        ("Ann Example", "", "Ann Example"),
        ("Ann Example", "Bo Example", "Bo Example"),
        ("Example News", "", ""),
        ("example", "", ""),
    ],
)
def test_who_writes_a_whole_atom_feed_wrote_its_entries(
    feed_author: str, entry_author: str, author: str
) -> None:
    """Unless the entry names somebody else, or the feed's author is the site."""
    named = f"<author><name>{entry_author}</name></author>" if entry_author else ""
    entry = (
        f"<entry><title>T</title><id>urn:1</id><link href='https://e.example/a'/>{named}</entry>"
    )
    body = ATOM.format(f"<author><name>{feed_author}</name></author>{entry}")
    assert articles_in(body)[0].author == author


@pytest.mark.parametrize(
    ("written", "author"),
    [
        ("Author Name", "Author Name"),
        ("Author: Ann Example", "Ann Example"),
        ("Watermark feed", ""),
    ],
)
def test_words_that_may_be_names_or_marks(written: str, author: str) -> None:
    """A mark needs a whole name, or a colon, after it; what supplies a site with texts is nobody."""
    inside = f"<title>T</title><link>https://e.example/a</link><dc:creator>{written}</dc:creator>"
    assert one(inside).author == author


def test_markup_that_was_not_escaped_leaves_the_names_in_it() -> None:
    """Authors and categories have no markup of their own, so what stands in it is the name."""
    article = one(
        "<title>T</title><link>https://e.example/a</link><author><p>Ann <b>Example</b></p></author>"
        "<category><p>Ports</p></category><dc:creator><i>Bo Example</i></dc:creator>"
    )
    assert article.author == "Ann Example, Bo Example"
    assert [tag.label for tag in article.tags] == ["Ports"]
