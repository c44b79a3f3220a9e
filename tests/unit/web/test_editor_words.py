"""What the desk says in few words, and what it keeps from editors."""

from __future__ import annotations

import pytest

from newsletter.errors import Problem
from newsletter.issues.reasons import Inclusion, InclusionReason
from newsletter.web.editor.editor_words import ASK, fix_for_editor, why
from tests.factories.issues import make_item


@pytest.mark.parametrize(
    ("kind", "section", "tags", "expected"),
    [
        (InclusionReason.IN_WINDOW, "Security", ("security",), "In Security: tag security"),
        (InclusionReason.IN_WINDOW, "Gear", ("a", "b"), "In Gear: tags a, b"),
        (InclusionReason.IN_WINDOW, "Rest", (), "In Rest: fits no other section"),
        (InclusionReason.ADDED, "", (), "Added by an editor"),
    ],
)
def test_a_reason_is_short(
    kind: InclusionReason, section: str, tags: tuple[str, ...], expected: str
) -> None:
    """The section and what led there, in one phrase."""
    assert why(make_item(reason=Inclusion(kind=kind, section=section, tags=tags))) == expected


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        ("begin it with https://", "begin it with https://"),
        ("look at https://example.org/a_b and ask desk_one@example.org", None),
        ("approve it with `newsletter approve weekly/1`", ASK),
        ('add it: allow_test = ["a@example.org"]', ASK),
        ("add [[relays]]", ASK),
        ("check newsletters.weekly.min_items", ASK),
        (None, ""),
    ],
)
def test_a_fix_names_no_machinery(fix: str | None, expected: str | None) -> None:
    """Addresses stay; commands, keys and files are for who runs the site."""
    assert fix_for_editor(Problem(message="it failed", fix=fix)) == (
        fix if expected is None else expected
    )
