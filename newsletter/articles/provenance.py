"""Where each field of an article came from, so that an editor can report a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Unfit(StrEnum):
    """Why something that looks like a field's value is not used for it."""

    ADDRESS = "not a web address"
    PIXEL = "a tracking pixel"
    PLACEHOLDER = "a placeholder"
    EMOJI = "an emoji"
    AVATAR = "a portrait of the author"
    ICON = "an icon or a share button"
    SMALL = "too small"
    BANNER = "a banner"
    FORMAT = "a format that mail programs do not show"
    SMALLER = "another one is larger"
    MOVES = "an animation; another one does not move"
    BROKEN = "it does not answer with a picture"
    DATE = "far from the other dates of the feed"
    EMPTY = "nothing but what a program adds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A place that was looked at and not used; `detail` is a size, or the text itself."""

    place: str
    why: Unfit
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldSource:
    """The place in the feed that a field was read from, such as "media:content #2"."""

    field: str
    place: str
    detail: str = ""
    refused: tuple[Refusal, ...] = ()


def explained(sources: Iterable[FieldSource]) -> list[str]:
    """One line for each field: "picture: media:content #2, 1200×630; not #1: 80×80, …"."""
    return [
        f"{source.field}: {_joined(source.place, source.detail)}"
        + "".join(
            f"; not {refusal.place}: {_joined(refusal.detail, refusal.why.value)}"
            for refusal in source.refused
        )
        for source in sources
    ]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def to_json(sources: Iterable[FieldSource]) -> list[dict[str, Any]]:
    """The sources as plain data."""
    return [asdict(source) for source in sources]


def from_json(data: Iterable[Mapping[str, Any]]) -> tuple[FieldSource, ...]:
    """The sources that `to_json` wrote."""
    return tuple(
        FieldSource(
            **{
                **source,
                "refused": tuple(
                    Refusal(**{**refusal, "why": Unfit(refusal["why"])})
                    for refusal in source["refused"]
                ),
            }
        )
        for source in data
    )
