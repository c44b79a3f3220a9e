"""Which readers an issue goes to, and which of its sections are for some of them only. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionRule:
    """A section that only readers see for whom the condition `only` holds."""

    title: str
    only: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The segment that gets an issue ("": the whole list), and its sections with a condition.

    An approval freezes it with the moment `at`, from which "within 30 days" counts, so that a
    later change of the configuration does not change who gets an approved issue. `public` is the
    key of the edition that anybody may see in the archive, "" if there is none. `is_hidden` says that
    the newsletter was not public, for the time when the configuration does not name it any more.
    """

    segment: str = ""
    rules: tuple[SectionRule, ...] = ()
    at: datetime | None = None
    public: str = ""
    is_hidden: bool = False

    @property
    def is_everyone(self) -> bool:
        """Whether the whole list gets all sections."""
        return not self.segment and not self.rules

    @property
    def sees_everything(self) -> str:
        """`ReaderGroup.sees` of a reader for whom every condition holds."""
        return "1" * len(self.rules)

    @property
    def sees_least(self) -> str:
        """`ReaderGroup.sees` of a reader for whom no condition holds."""
        return "0" * len(self.rules)


EVERYONE = Selection()


def selection_to_json(selection: Selection) -> dict[str, Any] | None:
    """The stored form; None for everyone, where everybody may read it."""
    if selection.is_everyone and not selection.is_hidden:
        return None
    return {
        "segment": selection.segment,
        "rules": [{"title": rule.title, "only": rule.only} for rule in selection.rules],
        "at": selection.at.isoformat() if selection.at else None,
        "public": selection.public,
        "hidden": selection.is_hidden,
    }


def selection_from_json(stored: dict[str, Any] | None) -> Selection:
    """The value of the stored form."""
    if stored is None:
        return EVERYONE
    return Selection(
        segment=stored["segment"],
        rules=tuple(SectionRule(**rule) for rule in stored["rules"]),
        at=datetime.fromisoformat(stored["at"]) if stored["at"] else None,
        public=stored["public"],
        is_hidden=stored.get("hidden", False),
    )
