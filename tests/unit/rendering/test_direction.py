from __future__ import annotations

import pytest

from newsletter.rendering.direction import direction_attribute, direction_of, isolated


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Apple تطلق هاتفا جديدا", "rtl"),
        ("تطبيق Example Instruments Meter", "ltr"),
        ("2026 — 100 %", "default"),
        ("", "default"),
        ("שלום", "rtl"),
        ("好装备", "ltr"),
    ],
)
def test_most_letters_decide(text: str, direction: str) -> None:
    """A Latin name at the start of an Arabic headline does not turn it; figures have no say."""
    assert direction_of(text, "default") == direction


def test_direction_is_written_only_against_the_surroundings() -> None:
    """Text of the mail's own direction needs no attribute and no element."""
    assert direction_attribute("שלום", "ltr") == ' dir="rtl"'
    assert direction_attribute("שלום", "rtl") == ""
    assert isolated("a <b>", "ltr") == "a &lt;b&gt;"
    assert isolated("a <b>", "rtl") == '<span dir="ltr">a &lt;b&gt;</span>'
