"""Kinds of content that every theme must cope with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from newsletter.articles.article import Coverage, Tag
from newsletter.articles.sanitize import text_of
from newsletter.issues.blocks import Block, BlockKind, Place
from newsletter.issues.issue import Item, Words
from newsletter.rendering.edition import Edition
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.theme import Theme
from tests.factories.editions import make_edition, make_masthead
from tests.factories.issues import make_article, make_image, make_item, make_items


@dataclass(frozen=True, kw_only=True)
class Case:
    """Items, and what is said about and around them."""

    items: Sequence[Item]
    masthead: Masthead = field(default_factory=make_masthead)
    issue: Mapping[str, Any] = field(default_factory=dict)

    def edition(self, theme: Theme) -> Edition:
        """The case as the theme prints it."""
        return make_edition(self.items, theme=theme, masthead=self.masthead, **self.issue)


TITLES = (
    "A tidal barrier learns to open itself",
    "Regional libraries lend out heat pumps for the winter",
    "Small browsers, large pages: what a reader pays for a headline",
    "The lock that explains why it will not open",
    "One town counts its street lights from the air",
    "How a radio club mapped the storm",
    "What the new accessibility law asks of a web shop",
    "Cheap sensors find an old river under the car park",
    "Bicycle couriers test a battery that swaps in four seconds",
    "A keyboard for one hand, printed at home",
)
SUMMARY = (
    "Engineers fitted a sluice with a clock and a float, and the marsh kept time. The first "
    "season brought back the samphire, and a surprise in the accounts."
)
SECTIONS = ("Security", "Networks", "Everything else")
BLOCKS = (
    Block(
        id="sponsor",
        kind=BlockKind.SPONSOR,
        title="Measure twice with Example Instruments",
        text="Our new bench meter reads in **both** directions. [See the figures](https://instruments.example.org/figures).",
        url="https://instruments.example.org/meter",
        link_text="Try the bench meter",
    ),
    Block(
        id="deals",
        kind=BlockKind.DEALS,
        title="",
        text="- [Soldering iron, 20 % less](https://shop.example.org/iron) until Friday\n- [A box of resistors](https://shop.example.org/box): two for one",
    ),
    Block(
        id="numbers",
        kind=BlockKind.NUMBERS,
        title="",
        text="- **140** trams with a patch day\n- **2.1 GB** for a map of the whole country",
        place=Place.END,
    ),
    Block(
        id="quote",
        kind=BlockKind.QUOTE,
        title="",
        text="The tide does not read the timetable.\n\n— [The keeper of the sluice](https://press.example.org/keeper)",
        place=Place.END,
    ),
    Block(
        id="event",
        kind=BlockKind.EVENT,
        title="Repair evening",
        on=date(2026, 5, 14),
        text="From six until the tea runs out. Bring a lamp.",
        url="https://news.example.org/repair",
        link_text="Say that you are coming",
        place=Place.END,
    ),
    Block(
        id="question",
        kind=BlockKind.QUESTION,
        title="",
        text="What have you repaired that nobody thought could be?",
        place=Place.END,
    ),
    Block(
        id="correction",
        kind=BlockKind.CORRECTION,
        title="",
        text="Last week's map showed the river on the wrong side of the mill.",
        place=Place.END,
    ),
    Block(
        id="jobs",
        kind=BlockKind.JOBS,
        title="Work with people who read manuals",
        text="- [Embedded engineer, Exampletown](https://jobs.example.org/1), part time\n- [Technical writer, anywhere](https://jobs.example.org/2)",
        place=Place.END,
    ),
    Block(
        id="popular",
        kind=BlockKind.POPULAR,
        title="",
        text="1. [The lock that explains itself](https://press.example.org/a)\n2. [Heat pumps on loan](https://press.example.org/b)\n3. [Counting street lights](https://press.example.org/c)",
        place=Place.END,
    ),
)
WORDS = Words(
    intro="Good morning. This week **water** leads, and [last week's riddle](https://news.example.org/riddle) is solved.",
    closing="## Until Monday\n\nWrite to us at <desk@example.org>: every letter is read.\n\n> A corrected map stands where the wrong one stood.",
)


def make_full_items(count: int) -> tuple[Item, ...]:
    """Items as a working week brings them: pictures on most, other versions on some."""
    also = (
        Coverage(source="Field Notes", title="t", url="https://notes.example.org/told-again"),
        Coverage(source="The Example Post", title="t", url="https://post.example.org/too"),
    )
    tags = (Tag(slug="engineering", label="engineering"), Tag(slug="open-data", label="open data"))
    return tuple(
        make_item(
            make_article(
                number,
                title=TITLES[(number - 1) % len(TITLES)]
                + (f", part {number}" if number > len(TITLES) else ""),
                summary=SUMMARY,
                tags=tags,
                agency="Example Agency" if number % 4 == 1 else "",
                image=make_image(number) if number % 5 else None,
                also=also if number % 6 == 1 else (),
            ),
            section=SECTIONS[(number - 1) * len(SECTIONS) // count],
            position=number - 1,
        )
        for number in range(1, count + 1)
    )


def _translated(title: str, summary: str, section: str) -> tuple[Item, ...]:
    return tuple(
        make_item(
            make_article(number, title=title, summary=summary, image=make_image(number, alt=title)),
            section=section,
            position=number - 1,
        )
        for number in range(1, 7)
    )


WHOLE = (
    "<h2>How it works</h2><p>A float turns the clock<sup>1</sup>, and the "
    '<a href="https://press.example.org/clock">clock</a> turns the gate.</p>'
    "<ul><li>It opens at low water.</li><li>It shuts at high water.</li></ul>"
    "<blockquote><p>It keeps better time than I do.</p></blockquote>"
    "<pre><code>gate.open(at=tide.low)</code></pre>"
    '<div><img src="https://press.example.org/gate.jpg" alt="The gate at low water" width="1600"'
    ' height="900"><div>The gate at low water</div></div>'
    "<table><tbody><tr><th>Day</th><th>Low water</th></tr><tr><td>Monday</td><td>06:10</td></tr>"
    "<tr><td>Tuesday</td><td>06:58</td></tr></tbody></table>"
    '<p><a href="https://video.example.org/42"><img src="https://video.example.org/42.jpg" alt=""'
    ' width="480" height="360"><br/>▶ The gate opens</a></p><p>1. The clock is of brass.</p>'
)
"""The text of an article that a section shows whole."""

CASES: Mapping[str, Case] = {
    "one article": Case(items=make_full_items(1)),
    "twenty articles": Case(
        items=make_full_items(20), masthead=make_masthead(tagline="Useful things, once a week")
    ),
    "sixty articles": Case(items=make_full_items(60)),
    "notes and blocks": Case(items=make_full_items(8), issue={"words": WORDS, "blocks": BLOCKS}),
    "no pictures": Case(items=make_items(9, sections=SECTIONS)),
    "decorative pictures": Case(
        items=tuple(
            make_item(make_article(number, image=make_image(number, alt="")))
            for number in (1, 2, 3)
        )
    ),
    "portrait pictures": Case(
        items=tuple(
            make_item(make_article(number, image=make_image(number, width=600, height=900)))
            for number in (1, 2, 3)
        )
    ),
    "no summaries": Case(
        items=tuple(
            make_item(make_article(number, summary="", author="", tags=()))
            for number in range(1, 7)
        )
    ),
    "no addresses": Case(
        items=tuple(
            make_item(
                make_article(number, url="", key=f"sha256:{number}", image=make_image(number))
            )
            for number in range(1, 5)
        )
    ),
    "long words": Case(
        items=tuple(
            make_item(
                make_article(
                    number,
                    title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft "
                    * number,
                    summary="https://press.example.org/" + "an-address-without-an-end-" * 8,
                    tags=(Tag(slug="x", label="Lebensversicherungsgesellschaftsangestellter"),),
                    image=make_image(number),
                )
            )
            for number in (1, 2, 3)
        )
    ),
    "right to left": Case(
        items=_translated(
            "سدّ المدّ يتعلّم أن يفتح نفسه", "ركّب المهندسون ساعة وعوّامة على البوّابة.", "هندسة"
        ),
        masthead=make_masthead(language="ar", title="أدوات جيدة"),
    ),
    "whole articles": Case(
        items=tuple(
            make_item(
                make_article(
                    number,
                    image=make_image(number) if number % 2 else None,
                    body_html=WHOLE * number,
                    body_text=text_of(WHOLE * number),
                )
            )
            for number in (1, 2, 3)
        ),
        masthead=make_masthead(full_sections=frozenset({"News"})),
    ),
    "wide letters": Case(
        items=_translated(
            "潮汐闸门学会了自己开启", "工程师给水闸装上了钟和浮子，湿地从此守时。" * 4, "工程"
        ),
        masthead=make_masthead(language="zh", title="好装备周刊"),
    ),
}
