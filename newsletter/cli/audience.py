"""Which readers an issue goes to, as lines and in the shape of `--json`."""

from __future__ import annotations

from typing import Any

from newsletter.pipeline.reader_view import AudienceSize


def selection_document(size: AudienceSize | None) -> dict[str, Any] | None:
    """The conditions and the numbers; None if the whole list gets the whole issue."""
    if size is None:
        return None
    return {
        "segment": size.selection.segment or None,
        "sections": [{"title": rule.title, "only": rule.only} for rule in size.selection.rules],
        "readers": size.readers,
        "editions": size.editions,
        "without_section": size.without,
    }


def selection_lines(size: AudienceSize | None) -> list[str]:
    """The same in words."""
    if size is None:
        return []
    whom = f", those with {size.selection.segment}" if size.selection.segment else ""
    editions = "1 edition" if size.editions == 1 else f"{size.editions} editions"
    readers = "1 reader" if size.readers == 1 else f"{size.readers} readers"
    lines = [f"Goes to {readers} in {editions}{whom}"]
    lines += [f"Only for {rule.only}: {rule.title}" for rule in size.selection.rules]
    if size.without:
        lines.append(f"No section for {size.without} of those selected, who get nothing")
    return lines
