"""Twelve further kinds of content: languages, long lists, and words that look like defects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from newsletter.articles.article import Coverage, Enclosure, Tag
from newsletter.issues.blocks import Block, BlockKind, Place
from newsletter.issues.issue import Follows, Item, Words
from newsletter.rendering.theme import STANDARD, theme_names
from tests.factories.cases import CASES, Case, make_full_items
from tests.factories.editions import make_masthead
from tests.factories.issues import make_article, make_image, make_item
from tests.sampling import IS_WHOLE

MARKDOWN = Words(
    intro=(
        "# This week\n\nHere is **what** changed:\n\n"
        "| Day | Low water | Remark |\n|---|---|---|\n| Monday | 06:10 | none |\n"
        "| Tuesday | 06:58 | a-very-long-remark-without-a-single-space-that-must-break-somewhere |\n\n"
        "```\ngate.open(at=tide.low, unless=wind.from_the_north_east_and_stronger_than_seven)\n```\n\n"
        "![The gate at low water](https://press.example.org/gate.png)\n\n"
        "::: podcast How a lock keeps time\ndate: 2026-05-12\nminutes: 34\n"
        "link: https://podcast.example.org/34\nbutton: Hear both keepers\n\nTwo keepers talk.\n:::\n\n"
        "| Day | Low water | Keeper |\n|---|---|---|\n| Wednesday | 07:41 | Ann Example |\n"
    ),
    closing=(
        "1. One\n   - a first thing\n   - a second thing\n2. Two\n\n---\n\n"
        "> A quotation\n>\n> of two paragraphs\n\nCall +61 2 5550 1234, or meet at 12:30 on 3/4/2025.\n\n"
        "::: question What have you repaired?\n:::\n\n::: numbers\n- **3** locks\n- **2.1 GB** of tides\n:::"
    ),
)


def _items(*changes: Mapping[str, Any], section: str = "News") -> tuple[Item, ...]:
    return tuple(
        make_item(make_article(number, **each), section=section, position=number - 1)
        for number, each in enumerate(changes, 1)
    )


def _with_blocks() -> tuple[Block, ...]:
    return tuple(
        Block(
            id=kind.value,
            kind=kind,
            title=f"A block of the kind {kind.value}",
            text=f"What is said in it, and [where {kind.value} go on](https://press.example.org/{kind.value}).",
            url=f"https://press.example.org/go-{kind.value}",
            link_text=f"Go on about {kind.value}",
            on=date(2025, 3, 14),
            place=Place.AFTER_LEAD if number % 2 else Place.END,
        )
        for number, kind in enumerate(BlockKind)
    )


_EPISODE = Enclosure(
    url="https://audio.example.org/7.mp3", type="audio/mpeg", length=1, seconds=2520
)
_OTHERS = tuple(
    Coverage(source=f"The Example Post of {town}", title="t", url=f"https://{town}.example.org/a")
    for town in ("north", "south", "east", "west", "centre", "coast", "hills", "harbour", "moor")
)

HARD_CASES: Mapping[str, Case] = {
    "German": Case(
        items=_items(
            {"title": "Straßenverkehrszulassungsordnung: Was die Änderung für Räder bringt"},
            {"title": "Größere Schleusen für die Überseehäfen", "image": make_image(2)},
            {"title": "Die Rindfleischetikettierungsüberwachungsaufgabenübertragung endet"},
        ),
        masthead=make_masthead(language="de", title="Gute Geräte", tagline="Jeden Montag um sieben"),
    ),
    "French": Case(
        items=_items(
            {"title": "« Le barrage s’ouvre seul » : récit d’une marée"},
            {"title": "Prêt de pompes à chaleur\u202f: trois villes essaient", "image": make_image(2)},
        ),
        masthead=make_masthead(language="fr", title="Les bons outils", join_url="https://news.example.org/join/weekly"),
    ),
    "both directions": Case(
        items=_items(
            {"title": "Example Press: سدّ المدّ يتعلّم أن يفتح نفسه", "language": "ar"},
            {"title": "השער נפתח לבד", "summary": "המהנדסים התקינו שעון.", "language": "he"},
            {"title": "A tidal barrier, in English", "image": make_image(3)},
        ),
        masthead=make_masthead(language="ar", title="أدوات جيدة"),
    ),
    "signs": Case(
        items=_items(
            {"title": "🚢 5 < 7 && 8 > 3: “signs” in a <headline> 👩🏽‍🚀"},
            {"title": "{{ not_a_slot }} and *|NOT_A_TAG|* in C++ & C#", "summary": "<b>bold</b> & é́ © ½ ∑"},
            {"title": "100 % of $5 is 5 €", "summary": "a_b *c* [d](e) ~f~ `g` \u00ad \u200b end"},
        ),
    ),
    "episodes": Case(
        items=_items(
            {"title": "Episode 7: the tide", "enclosure": _EPISODE},
            {"title": "Episode 6: the clock", "enclosure": _EPISODE, "image": make_image(2)},
            {"title": "A long read", "words": 4200},
        ),
    ),
    "told before, told by many": Case(
        items=tuple(
            replace(item, follows=Follows(number=11, title="The barrier is being built", url=""))
            for item in _items({"also": _OTHERS}, {"also": _OTHERS[:3], "image": make_image(2)}, {})
        ),
    ),
    "Markdown": Case(items=make_full_items(3), issue={"words": MARKDOWN}),
    "every block": Case(items=make_full_items(2), issue={"blocks": _with_blocks()}),
    "other languages": Case(
        items=_items(
            {"title": "Die Schleuse lernt", "summary": "Ein Uhrwerk öffnet sie.", "language": "de"},
            {"title": "潮汐闸门学会了自己开启", "summary": "工程师给水闸装上了钟。", "language": "zh-Hans"},
            {"title": "L’écluse apprend", "summary": "Une horloge l’ouvre.", "language": "fr-FR"},
        ),
    ),
    "long headlines": Case(
        items=_items(
            {"title": "What everybody who keeps a gate should know about the tide " * 5},
            {"title": "And what the tide knows about gates, as told by those who keep them " * 4, "image": make_image(2)},
            {"title": "Short", "summary": "One sentence without an end " * 60},
        ),
    ),
    "one headline twice": Case(
        items=_items(
            {"title": "The week in pictures", "image": make_image(1)},
            {"title": "The week in pictures", "image": make_image(2)},
            {"title": "The week in pictures", "source": "https://press.example.org/feed"},
        ),
    ),
    "many sections": Case(
        items=tuple(
            make_item(
                make_article(number, tags=(Tag(slug="t", label="T"),), image=make_image(number)),
                section=f"Section {number}",
                position=number - 1,
            )
            for number in range(1, 13)
        ),
    ),
}  # fmt: skip

ALL_CASES: Mapping[str, Case] = {**CASES, **HARD_CASES}

COLOURFUL = ("one article", "notes and blocks", "right to left")
"""Cases that between them use every class of a theme."""


def kinds_for(theme: str) -> tuple[str, ...]:
    """The kinds of content that a theme is asked to print.

    In the suite the standard theme prints all. Every other theme prints those that use all of its
    classes, and of the rest each one kind, so that every kind is printed by two themes at least.
    """
    if IS_WHOLE or theme == STANDARD:
        return tuple(ALL_CASES)
    others = [name for name in theme_names() if name != STANDARD]
    rest = [title for title in ALL_CASES if title not in COLOURFUL]
    return (*COLOURFUL, *rest[others.index(theme) :: len(others)])
