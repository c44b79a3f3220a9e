"""What the desk shows of the articles that were left out: grouped, with picture, tags and place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from newsletter.issues.issue import LeftOut
from newsletter.issues.reasons import LeftOutReason
from newsletter.issues.suggestion import SuggestedStory
from newsletter.site.section_tags import fitting_section
from newsletter.store.articles import Glance

SUGGESTED = "Suggested by readers"

_KINDS = {
    "From newsletters by mail": {LeftOutReason.BY_MAIL},
    "Late arrivals": {LeftOutReason.AFTER_APPROVAL, LeftOutReason.AFTER_WINDOW},
    "Didn’t fit": {LeftOutReason.NO_ROOM},
    "No section": {LeftOutReason.NO_SECTION, LeftOutReason.UNPRINTABLE, LeftOutReason.FREE_TEXT},
    "Kept out by a filter": {
        LeftOutReason.EXCLUDED,
        LeftOutReason.NOT_INCLUDED,
        LeftOutReason.TOO_OLD,
        LeftOutReason.UNDATED,
    },
    "Withdrawn": {LeftOutReason.WITHDRAWN},
    "Older": {LeftOutReason.BEFORE_WINDOW},
    "Already sent": {LeftOutReason.ALREADY_USED, LeftOutReason.TOLD_ELSEWHERE},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """One article that was left out. `fitting` is the section that its tags lead to.

    `suggested` says which readers suggested it.
    """

    out: LeftOut
    id: str
    tags: tuple[str, ...]
    picture: str
    fitting: str
    suggested: SuggestedStory | None = None


def shelf_of(
    left_out: Sequence[LeftOut],
    known: Mapping[str, Glance],
    sections: Mapping[str, Collection[str]],
    suggested: Sequence[SuggestedStory] = (),
) -> list[tuple[str, list[Shelved]]]:
    """Group what was left out by reason, newest first; what is most easily added comes first.

    What readers suggested is the first group, whether or not a source has it.

    `known` has the tags and picture of each by its key, `sections` the tags of each section by its title.
    """
    by_key = {out.key: out for out in left_out if out.key}
    first = [
        _shelved(by_key.get(story.key) or _as_left_out(story), known, sections, story)
        for story in suggested
    ]
    taken = {entry.out.key for entry in first if entry.out.key}
    others = [out for out in left_out if out.key not in taken]
    alone = _newest_first(others, {LeftOutReason.SUGGESTED})
    found = [
        (SUGGESTED, [*first, *(_shelved(out, known, sections) for out in alone)]),
        *(
            (kind, [_shelved(out, known, sections) for out in _newest_first(others, reasons)])
            for kind, reasons in _KINDS.items()
        ),
    ]
    return [(kind, entries) for kind, entries in found if entries]


def _as_left_out(story: SuggestedStory) -> LeftOut:
    return LeftOut(
        title=story.title or story.url,
        url=story.url,
        reason=LeftOutReason.SUGGESTED,
        detail=story.problem,
        key=story.key,
        source=story.source,
    )


def _newest_first(left_out: Sequence[LeftOut], reasons: Collection[LeftOutReason]) -> list[LeftOut]:
    chosen = [out for out in left_out if out.reason in reasons]
    return sorted(
        chosen, key=lambda out: out.published.timestamp() if out.published else 0, reverse=True
    )


def _shelved(
    out: LeftOut,
    known: Mapping[str, Glance],
    sections: Mapping[str, Collection[str]],
    suggested: SuggestedStory | None = None,
) -> Shelved:
    glance = known.get(out.key, Glance())
    return Shelved(
        out=out,
        id=hashlib.sha256(f"{out.key} {out.url} {out.title}".encode()).hexdigest()[:12],
        tags=tuple(tag.label for tag in glance.tags),
        picture=glance.picture,
        fitting=fitting_section(sections, [tag.slug for tag in glance.tags]),
        suggested=suggested,
    )
