"""Decides which articles an issue has, where and why, and why others are left out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from newsletter.articles.article import Article
from newsletter.issues.arrange import keep_arrangement
from newsletter.issues.filters import EVERYTHING, Filter, Refusal
from newsletter.issues.issue import Item, LeftOut, Window
from newsletter.issues.reasons import ADDED, Inclusion, InclusionReason, LeftOutReason


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A titled part of the issue; `tags` are slugs; without tags it takes what no other section took."""

    title: str
    tags: frozenset[str]
    max_items: int
    takes: Filter = EVERYTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A story that may enter the issue, and when it was first seen.

    `withdrawn` says that all its sources have withdrawn it. `carried_in` names the issue that
    carried the same story from another source. `barred` is the reason why none of its sources
    admits it, `most` the number of articles that an issue takes of its source.
    """

    article: Article
    first_seen: datetime
    withdrawn: bool = False
    carried_in: str = ""
    barred: Refusal | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """The effect of earlier issues on this one.

    `used` names the issue that took each article key. `closed` is when the last issue took its
    articles, None before the first issue. A story that was published up to `grace` before the
    window, but first seen after `closed`, may still come in.
    """

    used: Mapping[str, str]
    closed: datetime | None
    grace: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembly:
    """An issue's items in reading order (the lead first), and what was left out."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]


def assemble(
    candidates: Sequence[Candidate],
    *,
    window: Window,
    sections: Sequence[Section],
    history: History,
    previous: Sequence[Item],
) -> Assembly:
    """Choose and arrange the items; those that an editor changed in `previous` stay."""
    titles = {section.title for section in sections}
    kept = _by_story(
        [item if item.section in titles else replace(item, section="") for item in previous],
        candidates,
    )
    eligible: list[tuple[Article, InclusionReason]] = []
    left_out: list[LeftOut] = []
    of_source: Counter[str] = Counter()
    for candidate in sorted(candidates, key=_rank):
        article = candidate.article
        found = _why(candidate, window, history)
        full = candidate.most is not None and of_source[article.source] >= candidate.most
        if full and isinstance(found, InclusionReason):
            room = f"{article.source} ({candidate.most})"
            found = _left_out(article, LeftOutReason.NO_ROOM, room)
        if isinstance(found, InclusionReason):
            of_source[article.source] += 1
            eligible.append((article, found))
        elif article.key in kept and kept[article.key].touched:
            eligible.append((article, _kept(candidate)))
        else:
            left_out.append(found)

    items: list[Item] = []
    taken: set[str] = set()
    for section in sorted(sections, key=lambda section: not section.tags):
        items += _fill(section, eligible, taken, kept)
    order = {section.title: number for number, section in enumerate(sections)}
    items.sort(key=lambda item: (order[item.section], item.position))
    items = [*_gone_but_kept(previous, candidates), *items]
    left_out += [
        _without_place(article, sections)
        for article, _reason in eligible
        if article.key not in taken
    ]
    led = keep_arrangement(_lead_first(items), previous, list(order))
    return Assembly(items=led, left_out=tuple(left_out))


def _rank(candidate: Candidate) -> tuple[int, float, str]:
    """The sort key by which stories of more sources come first, then newer ones."""
    article = candidate.article
    return (-len(article.also), -article.published.timestamp(), article.key)


def _why(candidate: Candidate, window: Window, history: History) -> InclusionReason | LeftOut:
    """The reason why the article may be in the issue, or the entry that leaves it out."""
    article = candidate.article
    if candidate.withdrawn:
        return _left_out(article, LeftOutReason.WITHDRAWN)
    taken_by = next((history.used[key] for key in sorted(article.keys) if key in history.used), "")
    if taken_by:
        return _left_out(article, LeftOutReason.ALREADY_USED, taken_by)
    if candidate.carried_in:
        return _left_out(article, LeftOutReason.TOLD_ELSEWHERE, candidate.carried_in)
    if candidate.barred:
        return _refused(article, candidate.barred)
    if article.published in window:
        return InclusionReason.IN_WINDOW
    if article.published >= window.end:
        return _left_out(article, LeftOutReason.AFTER_WINDOW)
    missed = history.closed is not None and candidate.first_seen >= history.closed
    if missed and article.published >= window.start - history.grace:
        return InclusionReason.FIRST_SEEN_LATE
    return _left_out(article, LeftOutReason.BEFORE_WINDOW)


def _kept(candidate: Candidate) -> InclusionReason:
    return InclusionReason.WITHDRAWN_BUT_KEPT if candidate.withdrawn else InclusionReason.KEPT


def _fill(
    section: Section,
    eligible: Sequence[tuple[Article, InclusionReason]],
    taken: set[str],
    kept: Mapping[str, Item],
) -> list[Item]:
    """The section's items, pinned ones first, then the newest; their keys are added to `taken`.

    If there are too many, stories of more sources are taken before newer ones.
    """
    fitting = [
        (article, reason)
        for article, reason in eligible
        if article.key not in taken and _belongs(article, section, kept.get(article.key))
    ]
    fitting.sort(key=lambda pair: not (pair[0].key in kept and kept[pair[0].key].pinned))
    befores = [kept.get(article.key) for article, _reason in fitting]
    # Items that an editor changed are placed first; the others share the remaining room.
    room = section.max_items - sum(
        before is not None and before.touched and not before.hidden for before in befores
    )
    items: list[Item] = []
    for (article, reason), before in zip(fitting, befores, strict=True):
        if before is None or not before.touched:
            if room <= 0:
                continue
            room -= 1
        taken.add(article.key)
        item = Item(
            article=article,
            section=section.title,
            position=0,
            reason=_inclusion(reason, article, section),
        )
        if before is not None:
            item = replace(
                item,
                pinned=before.pinned,
                hidden=before.hidden,
                placed=before.placed,
                overrides=before.overrides,
            )
        items.append(item)
    items.sort(key=lambda item: (not item.pinned, -item.article.published.timestamp()))
    return [replace(item, position=position) for position, item in enumerate(items)]


def _belongs(article: Article, section: Section, before: Item | None) -> bool:
    if before is not None and before.touched and before.section:
        return before.section == section.title
    if section.takes.refusal(article, section.title):
        return False
    return not section.tags or any(tag.slug in section.tags for tag in article.tags)


def _inclusion(kind: InclusionReason, article: Article, section: Section) -> Inclusion:
    return Inclusion(
        kind=kind,
        section=section.title,
        tags=tuple(tag.label for tag in article.tags if tag.slug in section.tags),
        other_sources=len(article.also),
    )


def _without_place(article: Article, sections: Sequence[Section]) -> LeftOut:
    full = [section for section in sections if _belongs(article, section, None)]
    if full:
        rooms = ", ".join(f"{section.title} ({section.max_items})" for section in full)
        return _left_out(article, LeftOutReason.NO_ROOM, rooms)
    for section in sections:
        tagged = not section.tags or any(tag.slug in section.tags for tag in article.tags)
        if tagged and (refusal := section.takes.refusal(article, section.title)):
            return _refused(article, refusal)
    labels = ", ".join(tag.label for tag in article.tags)
    return _left_out(article, LeftOutReason.NO_SECTION, labels)


def _by_story(previous: Sequence[Item], candidates: Sequence[Candidate]) -> dict[str, Item]:
    """The previous items by the present keys of their stories: two stories may be one now."""
    now = {key: candidate.article.key for candidate in candidates for key in candidate.article.keys}
    kept: dict[str, Item] = {}
    for item in sorted(previous, key=lambda item: not item.touched):
        kept.setdefault(now.get(item.article.key, item.article.key), item)
    return kept


def _gone_but_kept(previous: Sequence[Item], candidates: Sequence[Candidate]) -> list[Item]:
    """Items that an editor changed and whose article no source has any more."""
    present = {key for candidate in candidates for key in candidate.article.keys}
    gone = Inclusion(kind=InclusionReason.GONE_BUT_KEPT)
    return [
        item if item.reason == ADDED else replace(item, reason=gone)
        for item in previous
        if item.touched and item.article.key not in present
    ]


def _refused(article: Article, refusal: Refusal) -> LeftOut:
    return _left_out(article, refusal.reason, refusal.detail)


def _left_out(article: Article, reason: LeftOutReason, detail: str = "") -> LeftOut:
    return LeftOut(
        title=article.title,
        url=article.url,
        reason=reason,
        detail=detail,
        key=article.key,
        source=article.source,
        published=article.published,
    )


def _lead_first(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with the lead first: a pinned one, else by coverage, picture and date."""
    shown = [item for item in items if not item.hidden]
    if shown:
        lead = min(
            shown,
            key=lambda item: (
                not item.pinned,
                -len(item.article.also),
                item.image is None,
                -item.article.published.timestamp(),
            ),
        )
        items = [lead, *(item for item in items if item is not lead)]
    return tuple(replace(item, position=number) for number, item in enumerate(items))
