"""What readers set for themselves: larger text, colours of their own, no movement."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page

from newsletter.rendering.contrast import ENOUGH, contrast
from newsletter.rendering.theme import open_theme, theme_names
from tests.browser.test_widths import STICKING_OUT
from tests.browsers import Chromium
from tests.factories.editions import make_edition, make_masthead
from tests.factories.hard_cases import ALL_CASES, kinds_for
from tests.factories.issues import make_article, make_image, make_item

pytestmark = pytest.mark.browser

TWICE = """() => {
  const all = [...document.body.querySelectorAll('*')];
  const sizes = all.map(element => parseFloat(getComputedStyle(element).fontSize));
  all.forEach((element, i) => element.style.setProperty('font-size', 2 * sizes[i] + 'px', 'important'));
}"""
# Text whose lines overlap, or that its box cuts off.
CROWDED = """() => [...document.body.querySelectorAll('*')].filter(element => {
  const style = getComputedStyle(element);
  const has_text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const seen = element.getBoundingClientRect().height > 2 && style.display !== 'none';
  const overlaps = parseFloat(style.lineHeight) < parseFloat(style.fontSize) * 1.05;
  const cut = style.overflow === 'hidden' && (
    element.scrollHeight > element.clientHeight + 1 || element.scrollWidth > element.clientWidth + 1);
  return has_text && seen && (overlaps || cut);
}).map(element => element.outerHTML.slice(0, 100))"""
# The colour of each text, and of what is behind it.
COLOURS = """() => [...document.body.querySelectorAll('*')].flatMap(element => {
  const has_text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const box = element.getBoundingClientRect();
  if (!has_text || box.height < 2 || getComputedStyle(element).display === 'none') return [];
  let around = element;
  const ground = one => getComputedStyle(one).backgroundColor;
  while (around.parentElement && /, 0\\)|transparent/.test(ground(around))) around = around.parentElement;
  const back = /, 0\\)|transparent/.test(ground(around)) ? 'canvas' : ground(around);
  return [[element.outerHTML.slice(0, 80), getComputedStyle(element).color, back]];
})"""
CANVAS = {"light": "rgb(255, 255, 255)", "dark": "rgb(0, 0, 0)"}


def each_page(
    browser: Browser, documents: Mapping[str, str], scripts: Sequence[str], *, width: int
) -> dict[str, list[str]]:
    """What the scripts find in each document, run one after the other."""
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for title, document in documents.items():
        page.set_content(document, wait_until="domcontentloaded")
        found[title] = [each for script in scripts for each in page.evaluate(script) or ()]
    context.close()
    return found


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_text_twice_as_large(name: str, chromium: Chromium) -> None:
    """On the smallest phone text of 200 % sticks out nowhere, overlaps nothing and is not cut off.

    The same page magnified as a whole is as wide as half that phone (WCAG 2.2, criteria 1.4.4 and 1.4.10).
    """
    theme = open_theme(None, name)
    documents = {title: ALL_CASES[title].edition(theme).html for title in kinds_for(name)}
    silent: dict[str, list[str]] = {title: [] for title in documents}

    def look(browser: Browser) -> tuple[dict[str, list[str]], ...]:
        return (
            each_page(browser, documents, (TWICE, STICKING_OUT, CROWDED), width=320),
            each_page(browser, documents, (STICKING_OUT,), width=160),
        )

    assert chromium.run(look) == (silent, silent)


def black_on_nothing() -> bytes:
    """A picture of a black disc, transparent around it."""
    picture = Image.new("RGBA", (600, 340))
    ImageDraw.Draw(picture).ellipse((100, 20, 500, 320), fill=(0, 0, 0, 255))
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def shades(page: Page, selector: str) -> tuple[int, int]:
    """The darkest and the lightest grey of the first picture that the selector finds."""
    shot = page.locator(selector).first.screenshot()
    with Image.open(io.BytesIO(shot)) as picture:
        darkest, lightest = picture.convert("L").getextrema()
    return int(darkest), int(lightest)  # type: ignore[arg-type]


def open_page(browser: Browser, document: str, **settings: Any) -> Page:
    """The document, its pictures black on nothing, at a reader with these settings."""
    page = browser.new_page(viewport={"width": 375, "height": 800}, **settings)
    body = black_on_nothing()
    page.route("https://**/*", lambda route: route.fulfill(content_type="image/png", body=body))
    page.set_content(document, wait_until="load")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", theme_names())
def test_colours_of_the_readers_own(name: str, scheme: str, chromium: Chromium) -> None:
    """With forced colours every text can be read, and a line shows what is a button or paid for."""
    html = ALL_CASES["notes and blocks"].edition(open_theme(None, name)).html

    def look(browser: Browser) -> tuple[list[list[str]], list[str]]:
        page = open_page(browser, html, forced_colors="active", color_scheme=scheme)
        texts: list[list[str]] = page.evaluate(COLOURS)
        lines: list[str] = page.evaluate(
            """() => [...document.querySelectorAll('.button td, .paid > table > tbody > tr > td')]
              .map(cell => getComputedStyle(cell).borderTopStyle)"""
        )
        page.close()
        return texts, lines

    texts, lines = chromium.run(look)
    assert len(texts) > 50
    unread = [
        text
        for text, ink, ground in texts
        if contrast(_rgb(ink), _rgb(CANVAS[scheme] if ground == "canvas" else ground)) < ENOUGH
    ]
    assert unread == []
    assert set(lines) <= {"solid"}
    assert len(lines) == html.count('class="button"') + 1


def _rgb(css: str) -> tuple[float, float, float]:
    red, green, blue = css.partition("(")[2].rstrip(")").split(",")[:3]
    return float(red) / 255, float(green) / 255, float(blue) / 255


@pytest.mark.parametrize("name", theme_names())
def test_no_movement(name: str, chromium: Chromium) -> None:
    """Without a first frame to show, who asks for less movement sees no animation; the headline stays."""
    moving = make_item(make_article(1, image=make_image(1, moves=True)))
    still = make_item(make_article(2, image=make_image(2)))
    html = make_edition([moving, still], theme=open_theme(None, name)).html

    def shown(browser: Browser, motion: str) -> list[str]:
        page = open_page(browser, html, reduced_motion=motion)
        seen: list[str] = page.evaluate(
            """() => [...document.images].filter(image => image.getBoundingClientRect().height)
              .map(image => image.alt.slice(-1))"""
        )
        assert page.locator("h2 a, h3 a").count() == 2
        page.close()
        return seen

    pictures = ["1", "2"] if html.count("<img") == 2 else []
    assert chromium.run(lambda browser: shown(browser, "no-preference")) == pictures
    assert chromium.run(lambda browser: shown(browser, "reduce")) == pictures[1:]


@pytest.mark.parametrize("name", theme_names())
def test_the_first_frame(name: str, chromium: Chromium) -> None:
    """Who asks for less movement sees the first frame where the animation is, in its size and place."""
    item = make_item(make_article(1, image=make_image(1, moves=True)))
    masthead = make_masthead(still_of=lambda _url: "data:image/png;base64,AAAA")
    html = make_edition([item], theme=open_theme(None, name), masthead=masthead).html

    def shown(browser: Browser, motion: str) -> list[str]:
        page = open_page(browser, html, reduced_motion=motion)
        seen: list[str] = page.evaluate(
            """() => [...document.images].filter(image => image.getBoundingClientRect().width > 100)
              .map(image => getComputedStyle(image).content)"""
        )
        page.close()
        return seen

    expected = html.count("<img")
    assert chromium.run(lambda browser: shown(browser, "no-preference")) == ["normal"] * expected
    assert (
        chromium.run(lambda browser: shown(browser, "reduce"))
        == ['url("data:image/png;base64,AAAA")'] * expected
    )


@pytest.mark.parametrize(
    "settings",
    [{"color_scheme": "dark"}, {"color_scheme": "dark", "forced_colors": "active"}],
    ids=["dark", "forced"],
)
@pytest.mark.parametrize(
    ("title", "picture"), [("one article", ".photo img"), ("whole articles", ".full img"), ("Markdown", ".note img")]
)  # fmt: skip
def test_pictures_of_black_on_nothing_are_seen(
    title: str, picture: str, settings: dict[str, str], chromium: Chromium
) -> None:
    """In the dark they have a light ground: a story's, those of a whole article, and an editor's."""
    html = ALL_CASES[title].edition(open_theme(None)).html

    def look(browser: Browser) -> tuple[int, int]:
        page = open_page(browser, html, **settings)
        seen = shades(page, picture)
        page.close()
        return seen

    darkest, lightest = chromium.run(look)
    assert lightest - darkest > 200
