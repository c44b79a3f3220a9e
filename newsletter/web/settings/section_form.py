"""The form of a newsletter's sections: as texts, as what is typed, and in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.config.settings import SectionSettings
from newsletter.config.table_changing import Row, Rows
from newsletter.errors import InputError
from newsletter.plural import counted

MOST = 40
"""Sections of a form."""
EMPTY = 1
"""Rows for new sections below those that there are."""
SHOWS = ("summary", "full")


def sections_in(sections: Sequence[SectionSettings]) -> list[dict[str, Any]]:
    """What the form changes of the sections, as it is written in the file."""
    return [
        {
            "title": section.title,
            "tags": list(section.tags),
            "max_items": section.max_items,
            "only": section.only,
            "show": section.show,
        }
        for section in sections
    ]


def section_texts(sections: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The texts of the form's rows, with an empty one for a new section."""
    texts = {"rows": str(len(sections) + EMPTY)}
    empty: Mapping[str, Any] = {
        "title": "",
        "tags": [],
        "max_items": "",
        "only": "",
        "show": "summary",
    }
    for number, section in enumerate([*sections, *[empty] * EMPTY]):
        texts |= {
            f"title_{number}": section["title"],
            f"tags_{number}": ", ".join(section["tags"]),
            f"most_{number}": str(section["max_items"]),
            f"only_{number}": section["only"] or "",
            f"show_{number}": section["show"],
            f"place_{number}": str(number + 1),
        }
    return texts


def typed_sections(texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The sections that were typed, in their order; a row without a title is none. Raises InputError.

    `former` is the row of a section that there was.
    """
    rows = min(_whole(texts.get("rows", ""), "rows") or 0, MOST)
    typed = []
    for number in range(rows):
        title = " ".join(texts.get(f"title_{number}", "").split())
        if not title:
            continue
        if len(title) > 100:
            raise InputError("a section's title is longer than 100 characters", fix="shorten it")
        show = texts.get(f"show_{number}", "summary")
        place = _whole(texts.get(f"place_{number}", ""), "the place of a section")
        section = {
            "former": number if number < rows - EMPTY else None,
            "title": title,
            "tags": [
                tag for one in texts.get(f"tags_{number}", "").split(",") if (tag := one.strip())
            ],
            "max_items": _whole(texts.get(f"most_{number}", ""), "the most articles") or 6,
            "only": texts.get(f"only_{number}", "").strip() or None,
            "show": show if show in SHOWS else "summary",
        }
        typed.append((place or number + 1, number, section))
    if not typed:
        raise InputError("there is no section", fix="give at least one a title")
    return [section for _place, _number, section in sorted(typed, key=lambda one: one[:2])]


def with_places(sections: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sections as they are, each with its row, to be compared with those that were typed."""
    return [{"former": number, **section} for number, section in enumerate(sections)]


def section_rows(typed: Sequence[Mapping[str, Any]]) -> Rows:
    """The typed sections as rows of the file; what is usual is not written."""
    return Rows(
        rows=tuple(
            Row(
                former=section["former"],
                values={
                    "title": section["title"],
                    "tags": section["tags"] or None,
                    "max_items": section["max_items"],
                    "only": section["only"],
                    "show": None if section["show"] == "summary" else section["show"],
                },
            )
            for section in typed
        )
    )


def sections_said(sections: Sequence[Mapping[str, Any]]) -> str:
    """The sections in words."""
    return "; ".join(map(_said, sections))


def _said(section: Mapping[str, Any]) -> str:
    what = ", ".join(section["tags"]) or "everything else"
    said = f"{section['title']}: {what}, {counted(section['max_items'], 'article')} at most"
    if section["show"] == "full":
        said += ", whole"
    return f"{said}, for readers with {section['only']}" if section["only"] else said


def _whole(text: str, what: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and int(text) > 0):
        raise InputError(
            f"{text[:20]!r} is not a number for {what}", fix="write a whole number from 1 on"
        )
    return int(text)
