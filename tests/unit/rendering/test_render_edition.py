"""An issue's items become an edition."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from newsletter.articles.article import Coverage, Tag
from newsletter.articles.sanitize import text_of
from newsletter.errors import RenderingError
from newsletter.issues.issue import Item, Overrides
from newsletter.issues.wording import left_out_text
from newsletter.rendering.edition import Slot, edition_key
from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint import lint
from newsletter.rendering.render_edition import SIZE_BUDGET
from newsletter.rendering.slots import sentinel, split
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.cases import CASES, WHOLE
from tests.factories.editions import (
    NONCE,
    WEB_URL,
    make_edition,
    make_masthead,
    make_site_theme,
)
from tests.factories.issues import make_article, make_image, make_item, make_items

DATA = Path(__file__).parents[2] / "data" / "rendering"


def test_same_input_same_bytes() -> None:
    """Two runs give the same edition, hash and all."""
    assert make_edition() == make_edition()
    assert make_edition().sha256 == make_edition().sha256


def test_html_is_fit_for_clients() -> None:
    """Doctype, @media, Outlook's conditionals, an image with width and alt, dark mode, no pixel."""
    html = make_edition(make_items(4, pictures=True)).html
    assert html.startswith("<!DOCTYPE html>")
    assert "@media only screen and (min-width:480px)" in html
    assert "<!--[if mso | IE]>" in html
    assert "@media screen and (prefers-color-scheme: dark)" in html
    assert "[data-ogsc]" in html
    assert "[data-ogsb]" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    images = re.findall(r"<img [^>]*>", html)
    assert len(images) == 4
    for image in images:
        assert re.search(r'width="(552|154)"', image)
        assert re.search(r'alt="The sluice', image)


def test_twenty_stories_are_a_small_mail() -> None:
    """The standard theme needs less than 44 kB for twenty stories, half of them with pictures."""
    assert len(CASES["twenty articles"].edition(open_theme(None)).html.encode()) < 44_000


def test_slots_stand_where_readers_look() -> None:
    """Unsubscribe near the top and in the footer, preferences in the footer, in both parts."""
    edition = make_edition()
    slots = [part for part in split(edition.html, NONCE) if isinstance(part, Slot)]
    assert slots == [Slot.UNSUBSCRIBE, Slot.PREFERENCES, Slot.UNSUBSCRIBE]
    assert edition.html.index(sentinel(Slot.UNSUBSCRIBE, NONCE)) < edition.html.index("<h1")
    assert {part for part in split(edition.text, NONCE) if isinstance(part, Slot)} == {
        Slot.UNSUBSCRIBE,
        Slot.PREFERENCES,
    }
    assert WEB_URL in edition.html
    assert WEB_URL in edition.text


def test_site_theme_may_greet(tmp_path: Path) -> None:
    """The name's slot is there for themes that want it."""
    greeting = (
        "<mj-section><mj-column><mj-text>Hello {{ reader.name }}</mj-text></mj-column></mj-section>"
    )
    edition = make_edition(theme=make_site_theme(tmp_path, parts__top_mjml_j2=greeting))
    assert f"Hello {sentinel(Slot.NAME, NONCE)}" in edition.html


def test_edition_knows_its_items() -> None:
    """Its key is that of the item set; hidden items are not printed."""
    items = (*make_items(2), make_item(make_article(3), hidden=True))
    edition = make_edition(items)
    assert edition.item_keys == (items[0].article.key, items[1].article.key)
    assert edition.key == edition_key(edition.item_keys)
    assert "Story 3" not in edition.html + edition.text


def test_twenty_articles_stay_small() -> None:
    """An issue of 20 articles is below 60 kB, pictures and all."""
    items = make_items(20, sections=("A", "B", "C"), pictures=True)
    assert encoded_size(make_edition(items).html) < 60_000


def test_large_issue_steps_down() -> None:
    """Long summaries give way until the HTML fits the budget; no item is lost."""
    items = tuple(
        make_item(make_article(number, summary="A long tale. " * 30, image=make_image(number)))
        for number in range(1, 71)
    )
    edition = make_edition(items)
    assert encoded_size(edition.html) <= SIZE_BUDGET
    for item in items:
        assert item.title in edition.html
    assert "A long tale. A long tale." in edition.text


HOSTILE = "</mj-text><mj-text> {{ config }} {% raw %} <script>x</script> &amp; ' \" \x00\x1b -->"


def test_articles_words_stay_words() -> None:
    """Markup, MJML, template language and control characters of a stranger are printed as text."""
    article = make_article(
        title=HOSTILE,
        summary=HOSTILE,
        author=HOSTILE,
        agency=HOSTILE,
        source=HOSTILE,
        tags=(Tag(slug="x", label=HOSTILE),),
        image=make_image(alt=HOSTILE),
        also=(Coverage(source=HOSTILE, title=HOSTILE, url=HOSTILE),),
    )
    edition = make_edition([make_item(article, section=HOSTILE)] * 2, preheader=HOSTILE)
    root = etree.fromstring(edition.html, etree.HTMLParser())
    shown = HOSTILE.translate({0: None, 0x1B: None})
    headlines = ["".join(map(str, heading.itertext())) for heading in root.iter("h2", "h3")]
    assert headlines == [" ".join(shown.split())] * 3
    assert root.find(".//script") is None
    assert "\x00" not in edition.html + edition.text
    assert "{{ config }}" in edition.text
    assert next(root.iter("img")).get("alt") == " ".join(shown.split())


def test_links_that_run_code_are_dropped() -> None:
    """MRML lets javascript: pass; the headline stays, without a link."""
    article = make_article(url="javascript:alert(1)", image=make_image(url="javascript:x"))
    edition = make_edition([make_item(article)])
    assert "javascript:" not in edition.html + edition.text
    assert article.title in edition.html


def test_article_cannot_forge_a_slot() -> None:
    """A sentinel of another issue in an article is not a slot of this one."""
    forged = sentinel(Slot.UNSUBSCRIBE, "another-nonce-000")
    edition = make_edition([make_item(make_article(title=forged))])
    slots = [part for part in split(edition.html, NONCE) if isinstance(part, Slot)]
    assert len(slots) == 3
    assert forged in edition.html


UNESCAPED = "<mj-section><mj-column><mj-text>{{ card.summary|safe }}{{ card.title }}</mj-text></mj-column></mj-section>"


def make_unescaping_theme(folder: Path) -> dict[str, str]:
    """Parts of a site's theme that trust what articles say."""
    lead = UNESCAPED.replace("card", "lead")
    section = "{% for card in section.stories %}" + UNESCAPED + "{% endfor %}"
    return {"parts__lead_mjml_j2": lead, "parts__section_mjml_j2": section}


def test_item_that_breaks_the_markup_is_left_out(tmp_path: Path) -> None:
    """A site's theme prints a summary unescaped: the bad item is named, the others go out."""
    theme = make_site_theme(tmp_path, **make_unescaping_theme(tmp_path))
    items = list(make_items(4))
    items[2] = make_item(make_article(3, summary="<b>never closed"))
    edition = make_edition(items, theme=theme)
    assert [out.title for out in edition.left_out] == [items[2].title]
    assert "cannot be printed: <b> is not closed" in left_out_text(edition.left_out[0])
    assert items[2].article.key not in edition.item_keys
    assert items[2].title not in edition.html + edition.text
    assert items[3].title in edition.html
    assert edition.key == edition_key(item.article.key for item in items)


def test_theme_that_breaks_on_every_item_is_an_error(tmp_path: Path) -> None:
    """When no item can be printed it is the theme's fault, and nothing is rendered."""
    lead = "<mj-section><mj-column><mj-text><p>{{ lead.title }}</mj-text></mj-column></mj-section>"
    with pytest.raises(RenderingError, match="<p> is not closed"):
        make_edition(theme=make_site_theme(tmp_path, parts__lead_mjml_j2=lead))


def test_theme_may_print_whole_articles(tmp_path: Path) -> None:
    """A body comes out well-formed, whatever it was; nested past reason it is plain text."""
    lead = "<mj-section><mj-column><mj-text>{{ lead.body }}</mj-text></mj-column></mj-section>"
    theme = make_site_theme(tmp_path, parts__lead_mjml_j2=lead)
    body = '<p style=".headline">one<br>two &lt;mj-text&gt; <b>bold</p>'
    html = make_edition([make_item(make_article(body_html=body))], theme=theme).html
    assert ">one<br>two &lt;mj-text&gt; <b>bold</b></p>" in html
    deep = make_article(body_html="<div>" * 9000, body_text="told plainly")
    assert "<p>told plainly</p>" in re.sub(
        ' style="[^"]*"', "", make_edition([make_item(deep)], theme=theme).html
    )


@pytest.mark.parametrize("language", ["ar", "he", "fa", "ur"])
def test_right_to_left(language: str) -> None:
    """Columns, text and pictures run from the right; a foreign headline keeps its own direction."""
    edition = make_edition(make_items(4, pictures=True), masthead=make_masthead(language=language))
    assert f'<html lang="{language}" dir="rtl"' in edition.html
    assert "direction:ltr" not in edition.html
    assert re.search(r'<h3 class="headline" dir="ltr"', edition.html)
    assert 'dir="auto"' not in edition.html
    assert '<td align="right"' in edition.html
    assert '<td align="left"' in edition.html  # the line at the top goes to the far side


@pytest.mark.parametrize(
    "text", ["好装备：潮汐闸门", "سدّ المدّ يتعلّم", "🔥👩‍🔬 flags 🇦🇺", "Ünïcödé"]
)
def test_any_script_survives(text: str) -> None:
    """Title, summary, section and masthead come out as the same characters."""
    article = make_article(title=text, summary=text)
    masthead = make_masthead(title=text, postal_address=text)
    edition = make_edition([make_item(article, section=text)], masthead=masthead, subject=text)
    assert edition.subject == text
    assert edition.html.count(text) >= 6
    assert edition.text.count(text) >= 4


def test_preheader_comes_from_the_lead_and_is_padded() -> None:
    """Without one of its own, an issue shows the lead's summary, then nothing of the page."""
    edition = make_edition([make_item(make_article(summary="Short."))])
    assert edition.preheader == "Short."
    hidden = re.search(r"opacity:0;overflow:hidden\">(.*?)</div>", edition.html)
    assert hidden is not None
    assert hidden[1] == "Short." + "\u034f " * 244
    assert make_edition(preheader="Mine").preheader == "Mine"


def test_no_address_no_link() -> None:
    """An article without an address (a text dump) is printed without a link."""
    edition = make_edition([make_item(make_article(url="", key="sha:1"))])
    assert 'href=""' not in edition.html
    assert "Read the full story" not in edition.html
    assert "[1]" not in edition.text


def test_picture_is_a_link_named_by_the_headline() -> None:
    """A picture leads where its headline leads; without a text of its own it has the headline's."""
    for alt, name in (("", "The sluice"), ("A gate", "A gate")):
        article = make_article(title="The sluice", image=make_image(alt=alt))
        edition = make_edition([make_item(article)])
        root = etree.fromstring(edition.html, etree.HTMLParser())
        image = next(root.iter("img"))
        assert image.get("alt") == name
        parent = image.getparent()
        assert parent is not None
        assert (parent.tag, parent.get("href")) == ("a", article.url)


def test_picture_of_a_story_without_address_is_decoration() -> None:
    """Without a link there is nothing to name."""
    edition = make_edition([make_item(make_article(url="", key="k", image=make_image(alt="")))])
    image = next(etree.fromstring(edition.html, etree.HTMLParser()).iter("img"))
    assert image.get("alt") == ""
    assert next(parent.tag for parent in image.iterancestors()) == "td"


def make_corpus(language: str) -> tuple[Item, ...]:
    """Three items in a language, one of them told by others too."""
    titles = {
        "en": ("A tidal barrier learns to open itself", "Regional libraries lend out heat pumps"),
        "zh": ("潮汐闸门学会了自己开启", "图书馆出借热泵🔥"),
        "ar": ("سدّ المدّ يتعلّم أن يفتح نفسه", "مكتبات تعير المضخات الحرارية"),
    }[language]
    also = (Coverage(source="Field Notes", title="t", url="https://notes.example.org/1"),)
    return (
        make_item(make_article(1, title=titles[0], summary=(titles[0] + " ") * 5, also=also)),
        make_item(make_article(2, title=titles[1], summary=titles[1]), section="USB"),
        make_item(make_article(3, title=titles[0], summary=""), section="USB"),
    )


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_text_part(language: str) -> None:
    """The text part reads as the golden file does: wrapped, footnotes, footer."""
    edition = make_edition(make_corpus(language), masthead=make_masthead(language=language))
    assert edition.text == (DATA / f"issue.{language}.txt").read_text(encoding="utf-8")


def test_theme_is_opened_once_for_many(tmp_path: Path) -> None:
    """One theme prints any number of editions, in any language, without a trace of the last."""
    theme = open_theme(tmp_path)
    first = make_edition(theme=theme)
    make_edition(make_items(9), theme=theme, masthead=make_masthead(language="ar"))
    assert make_edition(theme=theme) == first


@pytest.mark.parametrize("theme", theme_names())
def test_a_section_shows_whole_articles(theme: str) -> None:
    """Their text takes the summary's place in both parts, with its headings below the mail's."""
    article = make_article(
        body_html="<h2>How</h2><p>A float turns the clock.</p>",
        body_text="How\n\nA float turns the clock.",
    )
    edition = make_edition(
        [make_item(article), make_item(make_article(2), section="Other")],
        masthead=make_masthead(full_sections=frozenset({"News"})),
        theme=open_theme(None, theme),
    )
    assert re.search(r"<h3[^>]*>How</h3><p[^>]*>A float turns the clock.</p>", edition.html)
    assert "A float turns the clock." in edition.text
    assert article.summary not in edition.html.partition("</head>")[2].partition("Other")[
        0
    ].replace(edition.preheader, "")
    assert "Read on" not in edition.html
    has_summaries = open_theme(None, theme).tokens.layout.row_summary > 0
    assert ("Summary 2" in edition.html) is has_summaries


@pytest.mark.parametrize("theme", theme_names())
def test_whole_articles_keep_within_the_budget(theme: str) -> None:
    """Long ones are cut at a paragraph, with a link to go on; the text part has all of them."""
    paragraph = (
        "The gate opens at low water, and shuts when the marsh has had its fill of the sea. "
    )
    text = "\n\n".join([f"{number}. {paragraph * 4}".strip() for number in range(200)])
    html = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    items = [make_item(make_article(n, body_html=html, body_text=text)) for n in range(1, 9)]
    edition = make_edition(
        items,
        masthead=make_masthead(full_sections=frozenset({"News"}), language="de"),
        theme=open_theme(None, theme),
    )
    assert SIZE_BUDGET * 0.5 < encoded_size(edition.html) <= SIZE_BUDGET
    assert edition.html.count(">Weiterlesen</a>") == 8
    assert edition.html.count("fill of the sea.</p>") >= 8
    assert edition.text.count("199. The gate") == 8


@pytest.mark.parametrize("name", theme_names())
def test_a_logo_stands_for_the_name(name: str) -> None:
    """It is linked, has a width that Outlook obeys, and is named like the newsletter."""
    masthead = make_masthead(logo="https://news.example.org/logo.png", logo_width=180)
    items = make_items(2)
    edition = make_edition(items, theme=open_theme(None, name), masthead=masthead)
    (logo,) = etree.fromstring(edition.html, etree.HTMLParser()).iterfind(".//h1/a/img")
    assert (logo.get("alt"), logo.get("width")) == (masthead.title, "180")
    assert "max-height:40px" in logo.get("style")
    assert lint(edition, items=items, masthead=masthead) == []


def test_pictures_tables_and_embeds_of_a_whole_article() -> None:
    """In the standard theme they look as the golden file does: sized, styled, and linked."""
    article = make_article(body_html=WHOLE, body_text=text_of(WHOLE))
    edition = make_edition(
        [make_item(article)], masthead=make_masthead(full_sections=frozenset({"News"}))
    )
    shown = re.search(
        r'<div class="note full".*?The clock is of brass.</p>', edition.html, re.DOTALL
    )
    assert shown
    golden = (DATA / "whole.html").read_text(encoding="utf-8")
    assert (
        re.sub(r"(?<=>)(?=<(?:p|h3|ul|blockquote|pre|table|tr)\b)", "\n", shown[0])
        == golden.strip()
    )


@pytest.mark.parametrize("theme", theme_names())
def test_a_story_in_another_language_says_so(theme: str) -> None:
    """Headline and summary have its `lang`, unless an editor wrote them; the issue's own have none."""
    foreign = make_article(1, title="Der Hafen öffnet", summary="Seit heute.", language="de-DE")
    own = make_article(2, title="The harbour opens", summary="Since today.", language="en-GB")
    edition = make_edition(
        [
            make_item(own),
            make_item(foreign),
            make_item(make_article(3, language="de"), overrides=Overrides(title="Written here")),
        ],
        theme=open_theme(None, theme),
    )
    marked = [("h3", "de-DE"), ("p", "de-DE"), ("p", "de")]
    if open_theme(None, theme).tokens.layout.row_summary == 0:
        marked = marked[:1]
    assert re.findall(r'<(h\d|p)[^>]* lang="(de[^"]*)"', edition.html) == marked
