"""The lists of popular stories that an issue has without anybody typing them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from newsletter.issues.blocks import Block, PopularList, PopularRow, Ranking
from newsletter.issues.year import FEWEST

_ID = "popular-"


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedStory:
    """A story that may be listed, with the slugs of its tags; `clicks` is the sum of its links'."""

    title: str
    url: str
    tags: frozenset[str] = frozenset()
    clicks: int = 0


def most_opened(
    stories: Iterable[RankedStory], *, tags: Collection[str], most: int, issues: int
) -> PopularList:
    """The stories with any of `tags` whose links were followed most, in the last `issues` issues.

    A story that several issues carried counts once, with the sum; one with a sum below FEWEST is not
    listed. No count is kept.
    """
    summed: dict[str, RankedStory] = {}
    for story in _tagged(stories, tags):
        before = summed.get(story.url)
        clicks = story.clicks + (before.clicks if before else 0)
        summed[story.url] = replace(story, clicks=clicks)
    often = [story for story in summed.values() if story.clicks >= FEWEST]
    often.sort(key=lambda story: (-story.clicks, story.title))
    return PopularList(ranking=Ranking.CLICKS, issues=issues, rows=_rows(often[:most]))


def as_listed(
    stories: Sequence[RankedStory], *, tags: Collection[str], most: int, names: Sequence[str]
) -> PopularList:
    """The first stories with any of `tags` of a list that a site keeps; `names` are those of the lists."""
    distinct: dict[str, RankedStory] = {}
    for story in _tagged(stories, tags):
        distinct.setdefault(story.url, story)
    return PopularList(
        ranking=Ranking.SITE,
        site=", ".join(dict.fromkeys(names)),
        rows=_rows(list(distinct.values())[:most]),
    )


def new_lists(wanted: Sequence[tuple[Block, PopularList]]) -> tuple[Block, ...]:
    """The blocks of a new draft for the lists that its newsletter has, each with how it begins."""
    return tuple(replace(block, id=id_, made=made) for id_, (block, made) in _named(wanted).items())


def refreshed_lists(
    blocks: Sequence[Block], wanted: Sequence[tuple[Block, PopularList]]
) -> tuple[Block, ...]:
    """The blocks of a draft with its lists brought up to date.

    A list that an editor removed stays away, and an editor's own words stay.
    """
    named = _named(wanted)
    kept: list[Block] = []
    for block in blocks:
        if block.made is None:
            kept.append(block)
        elif block.id in named:
            kept.append(replace(block, made=named[block.id][1]))
        elif block.text:  # the list is gone from the settings, the editor's words are not
            kept.append(replace(block, made=None))
    return tuple(kept)


def _named(
    wanted: Sequence[tuple[Block, PopularList]],
) -> dict[str, tuple[Block, PopularList]]:
    """The lists by the ids of their blocks."""
    return {f"{_ID}{number}": pair for number, pair in enumerate(wanted, start=1)}


def _tagged(stories: Iterable[RankedStory], tags: Collection[str]) -> list[RankedStory]:
    return [story for story in stories if not tags or not story.tags.isdisjoint(tags)]


def _rows(stories: Iterable[RankedStory]) -> tuple[PopularRow, ...]:
    return tuple(PopularRow(title=story.title, url=story.url) for story in stories)
