"""What was corrected in published issues, as the archive's pages and feeds show it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.correction import Correction, ReplacedLink
from newsletter.rendering.corrected import StoryNote
from newsletter.store.corrections import approved_corrections, replaced_links

CorrectedOn = Callable[[datetime], str]
"""From the moment of a correction to the words that date it, in the site's language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrections:
    """The approved corrections of some issues, and the links that were replaced in any."""

    approved: Sequence[Correction]
    replaced: Sequence[ReplacedLink]


def read_corrections(
    connection: sa.Connection, newsletter: str, numbers: Collection[int]
) -> Corrections:
    """The corrections of the issues with these numbers."""
    return Corrections(
        approved=approved_corrections(connection, newsletter, numbers),
        replaced=replaced_links(connection, newsletter),
    )


def notes_on(
    corrections: Sequence[Correction], stories: Collection[str], corrected_on: CorrectedOn
) -> list[StoryNote]:
    """The notes on the stories with these keys; a link that was only replaced needs none."""
    return [
        StoryNote(
            story=one.story,
            url=one.url,
            headline=one.headline,
            said=corrected_on(one.approved_at),
            text=one.text,
        )
        for one in corrections
        if one.text and one.approved_at is not None and one.story in stories
    ]
