"""The grounds on which two articles are one story, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """On what ground two articles are one story."""

    EQUAL_HEADLINES = "equal-headlines"
    ONE_WORDING = "one-wording"
    ONE_EVENT = "one-event"
    TEXTS = "texts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sameness:
    """Why two articles are one story.

    `words` are those that both headlines have, in their compared form; `events` are the names in
    `events.txt` of what both headlines tell of.
    """

    ground: Ground
    words: tuple[str, ...]
    events: tuple[str, ...]
