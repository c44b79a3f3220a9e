"""What a headline says in several words is read as one word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.identity.phrases import in_one_word


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Mayor steps down", "Mayor resigned"),
        ("Polizei nimmt Mann nach Brand fest", "Polizei festgenommen Mann nach Brand"),
        ("Alto s’offre Brevin pour 800 M€", "Alto rachète Brevin pour 800M euro"),
        ("France fines Zentro €50m", "France fines Zentro 50m euro"),
        ("Premia de R$ 5 mil", "Premia de R$ 5 mil"),
        ("川北发生5.2级地震 暂无伤亡报告", "川北发生5.2级地震 "),
        ("Harwick steps up patrols", "Harwick steps up patrols"),
    ],
)
def test_phrases(title: str, expected: str) -> None:
    """Forms of verbs, verbs that stand apart, signs of currencies; other words stay."""
    assert in_one_word(title) == expected


@given(st.text(max_size=200))
def test_any_text(title: str) -> None:
    """No text is too odd, and a text without phrases or signs stays as it is."""
    assert isinstance(in_one_word(title), str)
