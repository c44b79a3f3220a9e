"""Sixty pages of imaginary papers as text dumps: half as the article alone, half as whole pages."""

from __future__ import annotations

import random
from dataclasses import dataclass

_SUBJECTS = (
    ("the harbour council", "the ferry company", "the bridge inspectors", "the port's engineers"),
    (
        "the school board",
        "the head teacher",
        "the parents' council",
        "the pupils of the evening school",
    ),
    ("the water company", "the lake association", "the river wardens", "the drought commission"),
    ("the city library", "the book committee", "the museum's curators", "the archive's volunteers"),
    ("the tram drivers", "the transport ministry", "the cycling club", "the night bus operators"),
)
_DEEDS = (
    "said on Monday that the plan would cost less than the first estimate had suggested",
    "will publish the figures of the last three years before the summer recess begins",
    "voted by nine to four for a second inspection, which nobody had expected that evening",
    "asked the ministry for another month, because the measurements were not complete",
    "found that the oldest parts were in a better state than those of the nineteen-eighties",
    "wants to hear everyone who lives within a mile before the last decision is taken",
    "has paid for new lamps, new signs and a shelter that keeps out most of the rain",
)
_TITLES = (
    "{who} delays the vote on {what}",
    "Why {who} wants to rebuild {what}",
    "{what} will cost twice as much, says {who}",
    "{who} finds cracks in {what}",
    "How {what} divided {who}",
)
_THINGS = (
    "the old pier",
    "the swimming hall",
    "the eastern line",
    "the reading room",
    "the lock gates",
    "the market roof",
)
_NAMES = (
    "Tess Bonn",
    "Ryan Reed",
    "Anna Beispiel",
    "Jean-Luc Exemple",
    "María del Ejemplo",
    "Ola Nordmann",
    "Wei Ling Chen",
    "Kim O'Hara",
    "Sam van der Berg",
    "Priya Example",
)
_BYLINES = (
    ["By {name}"],
    ["By {name} - 11/19/26 06:56 AM EST"],
    ["By", "{name}"],
    ["By {name}, Staff Writer"],
    ["BY {NAME}"],
    ["Words by {name}", "19 November 2026"],
    ["By {name} | November 19, 2026 | 6:56 am"],
    ["Von {name}"],
    ["Par {name}"],
    ["Por {name}"],
    ["Di {name}"],
    ["By", "{name}", "and", "Lee Sample"],
    ["By {name} for the Example Times"],
    ["Written by {name} on 19 November 2026"],
    ["{name}", "19 November 2026"],
)
_MENU = (
    "Skip to content",
    "Home",
    "News",
    "Politics",
    "Business",
    "Sport",
    "Culture",
    "Opinion",
    "Weather",
    "Podcasts",
    "Newsletters",
    "Subscribe",
    "Log in",
    "Search",
    "Menu",
)
_TEASERS = (
    "Storm closes the mountain pass",
    "Five recipes for cold evenings",
    "Quiz: how well do you know the coast?",
    "Team wins at last after nine defeats",
    "What the new tax rules mean for you",
)
_ASIDES = (
    "Related articles",
    "More from the Example Times",
    "Video",
    "Recommended for you",
    "Most read",
)
_BUTTONS = (
    "Share",
    "Save",
    "Read Later",
    "Facebook",
    "Email",
    "Print",
    "Copy link",
    "Listen to this article",
)
_ENDS = (
    ["Tags", "harbour", "council", "budget"],
    ["Tags: harbour, council, budget"],
    ["Site Index"],
    ["Read Later", "Share this article"],
    ["Topics", "Local news"],
    [],
)
_FOOTS = (
    [
        "Comments",
        "12 Comments",
        "First!",
        "I walked there yesterday and it was closed again, which surprised nobody.",
    ],
    ["Most popular", *_TEASERS[:3], "Follow us", "Facebook"],
    ["© 2026 Example Times", "Privacy policy", "Contact us"],
    [
        "Keep up with the news by subscribing to our newsletter.",
        "Comments",
        "Latest news",
        *_TEASERS[2:],
    ],
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DumpPage:
    """A dump and what it holds."""

    text: str
    title: str
    paragraphs: tuple[str, ...]
    author: str


def make_dump_pages(count: int = 60) -> list[DumpPage]:
    """Dumps of pages, every second one a whole page with its navigation; always the same."""
    seeds = [(number, random.Random(number)) for number in range(count)]  # noqa: S311 - always the same
    return [_dump(seed, whole=number % 2 == 1, number=number) for number, seed in seeds]


def _dump(chance: random.Random, *, whole: bool, number: int) -> DumpPage:
    people = _SUBJECTS[number % len(_SUBJECTS)]
    who, thing = chance.choice(people), chance.choice(_THINGS)
    title = chance.choice(_TITLES).format(who=who, what=thing)
    title = title[0].upper() + title[1:]
    name = chance.choice(_NAMES)
    paragraphs = [_paragraph(chance, people, thing) for _ in range(chance.randint(4, 9))]
    if chance.random() < 0.3:
        paragraphs.append("“We have waited long enough,” she said.")
    lines = [title]
    if chance.random() < 0.6:
        lines.append(f"A second look at {thing} leaves some questions open")
    byline = _BYLINES[number % len(_BYLINES)]
    lines += [part.format(name=name, NAME=name.upper()) for part in byline]
    lines += chance.sample(_BUTTONS, chance.randint(0, 3))
    if chance.random() < 0.4:
        lines.append(f"Photo: {thing} at dawn, by the Example Port Authority")
    middle = chance.randint(2, len(paragraphs) - 1)
    aside = [chance.choice(_ASIDES), *chance.sample(_TEASERS, 2)]
    inside = aside if len(paragraphs) - middle >= 4 and chance.random() < 0.7 else []
    lines += [*paragraphs[:middle], *inside, *paragraphs[middle:]]
    lines += [*chance.choice(_ENDS), *chance.choice(_FOOTS)]
    if whole:
        site = (
            ["Example Times"]
            if chance.random() < 0.5
            else [f"{title} - Example Times", "Example Times"]
        )
        menu = list(_MENU[: chance.randint(6, len(_MENU))])
        top = ["Thursday, 26 November 2026", *chance.sample(_TEASERS, chance.randint(0, 3))]
        lines = [*site, *menu, *top, *lines, *_MENU[1:6], "Site map", "Terms of use"]
    author = name + (", Lee Sample" if "Lee Sample" in byline else "")
    separator = "\n" if chance.random() < 0.3 else "\n\n"
    return DumpPage(
        text=separator.join(lines), title=title, paragraphs=tuple(paragraphs), author=author
    )


def _paragraph(chance: random.Random, people: tuple[str, ...], thing: str) -> str:
    first, second = chance.sample(people, 2)
    deeds = chance.sample(_DEEDS, 2)
    return f"{first[0].upper()}{first[1:]} {deeds[0]}. As for {thing}, {second} {deeds[1]}."
