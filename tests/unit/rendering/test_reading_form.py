"""A mail in larger type or in two colours: other values of its styles, the same words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.rendering.reading_form import BLACK, WHITE, html_in_form, in_form
from newsletter.rendering.theme import open_theme, theme_names
from subscribers.subscriber import MailFormat
from tests.effort import assert_no_worse_than_doubled
from tests.factories.editions import make_edition
from tests.factories.issues import make_items

LARGE, CONTRAST, BOTH = MailFormat.LARGE, MailFormat.CONTRAST, MailFormat.LARGE_CONTRAST


@pytest.mark.parametrize("form", [MailFormat.HTML, MailFormat.TEXT])
def test_other_readers_get_the_frozen_bytes(form: MailFormat) -> None:
    """Nothing is even looked at."""
    edition = make_edition(make_items(2))
    assert in_form(edition, form) is edition


@pytest.mark.parametrize(
    ("style", "larger"),
    [
        ("font-size:16px", "font-size:21px"),
        ("font-size: 13px !important", "font-size: 17px !important"),
        ("font-size:36px;line-height:40px", "font-size:45px;line-height:50px"),
        ("font:16px/1.55 Arial", "font:21px/1.55 Arial"),
        ("font-size:0;line-height:1px", "font-size:0;line-height:1px"),
        ("width:320px;padding:16px", "width:320px;padding:16px"),
        ("line-height:1.5", "line-height:1.5"),
    ],
)
def test_type_grows_and_boxes_do_not(style: str, larger: str) -> None:
    """By at least a quarter; what nobody sees stays unseen."""
    assert html_in_form(f'<p style="{style}">x</p>', LARGE) == f'<p style="{larger}">x</p>'
    sheet = f"<style>@media (max-width:479px){{.a{{{style}}}}}</style>"
    assert html_in_form(sheet, LARGE) == sheet.replace(style, larger)


@pytest.mark.parametrize(
    ("style", "plain"),
    [
        ("color:#5a646d", f"color:{BLACK}"),
        ("color:inherit !important", "color:inherit !important"),
        ("background:#0b6455", f"background:{WHITE}"),
        ("background-color:transparent", "background-color:transparent"),
        ("border-top:4px solid #0b6455", f"border-top:4px solid {BLACK}"),
        ("border:0;border-radius:8px", "border:0;border-radius:8px"),
        ("color:rgb(1, 2, 3)", f"color:{BLACK}"),
    ],
)
def test_colours_become_black_and_white(style: str, plain: str) -> None:
    """Text black, grounds white, lines black; in rules for dark screens the other way round."""
    assert html_in_form(f'<p style="{style}">x</p>', CONTRAST) == f'<p style="{plain}">x</p>'
    dark = f"<style>@media (prefers-color-scheme: dark){{.a{{{style}}}}}.b{{{style}}}</style>"
    dark_value = style if plain == style else re.sub("#(0{6}|f{6})", _other, plain)
    assert html_in_form(dark, CONTRAST) == (
        f"<style>@media (prefers-color-scheme: dark){{.a{{{dark_value}}}}}.b{{{plain}}}</style>"
    )


def _other(colour: re.Match[str]) -> str:
    return WHITE if colour[0] == BLACK else BLACK


def test_links_are_known_by_their_line() -> None:
    """All text has one colour, so that a link without a line would look like text."""
    html = '<a href="https://a.example/" style="color:#0b6455;text-decoration:none">x</a>'
    assert html_in_form(html, CONTRAST) == (
        f'<a href="https://a.example/" style="color:{BLACK};text-decoration:underline">x</a>'
    )


@pytest.mark.parametrize("form", [LARGE, CONTRAST, BOTH])
def test_words_about_styles_stay_words(form: MailFormat) -> None:
    """An article about CSS keeps its text, its addresses and its alternative texts."""
    html = (
        '<p>style="font-size:16px;color:#5a646d" and &lt;style&gt;a{color:#123}&lt;/style&gt;</p>'
        '<a href="https://a.example/?font-size:16px;color:#5a646d">x</a>'
        '<img alt="a > b: font-size:16px; color:#5a646d" src="https://a.example/x.png">'
    )
    assert html_in_form(html, form) == html


@given(st.text(alphabet="<>\"'=/ abstyle:;#1{}px\n", max_size=80), st.sampled_from([LARGE, BOTH]))
def test_any_markup_ends(text: str, form: MailFormat) -> None:
    """Broken markup is no error."""
    assert isinstance(html_in_form(text, form), str)


@pytest.mark.parametrize("name", theme_names())
def test_words_and_links_of_an_issue_stay(name: str) -> None:
    """Without its styles an issue is the same in every form; no colour is left but two."""
    html = make_edition(make_items(4, pictures=True), theme=open_theme(None, name)).html
    changed = html_in_form(html, BOTH)
    assert _without_styles(changed) == _without_styles(html)
    colours = set(re.findall(r"(?<![\w-])color\s*:\s*(#\w+)", changed))
    assert colours == {BLACK, WHITE}


def _without_styles(html: str) -> str:
    bare = re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r' (style|bgcolor)="[^"]*"', "", bare)


@pytest.mark.parametrize("form", [LARGE, CONTRAST, BOTH])
@pytest.mark.parametrize("name", ["color", "bgcolor", "style", "COLOR"])
def test_what_stands_within_a_value_stays(name: str, form: MailFormat) -> None:
    """A story's words in the description of a picture cannot become attributes of it."""
    words = f"x {name}='font-size:20px' onerror=alert(1) y"
    (picture,) = lxml_html.fragments_fromstring(html_in_form(f'<img alt="{words}" src="a">', form))
    assert dict(picture.attrib) == {"alt": words, "src": "a"}


@pytest.mark.parametrize(
    ("before", "piece", "after"),
    [
        ("", "<a ", ""),
        ("", "<a \"' ", ""),
        ("", "<style>", ""),
        ("<p style='", "a:b(", "'>"),
        ("<p style='border:", "rgb(", "'>"),
        ("<p", " color=", ">"),
        ("<style>", "a", "</style>"),
        ("<style>", "a{", "</style>"),
        ("<style>", "a{b:c(", "}</style>"),
        ("<style>", "a:b;", "</style>"),
    ],
)
def test_time_grows_with_the_length_of_the_mail(before: str, piece: str, after: str) -> None:
    """Whatever a mail repeats, twice as much takes about twice as long."""
    assert_no_worse_than_doubled(
        lambda body: html_in_form(f"{before}{body}{after}", BOTH), piece * 20_000, piece * 40_000
    )


def test_absurd_sizes_stay() -> None:
    """A size that no number can hold is left as it is."""
    style = f'<p style="font-size:{"9" * 400}px">'
    assert html_in_form(style, LARGE) == style
