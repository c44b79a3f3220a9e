from __future__ import annotations

from newsletter.rendering.hyphenation import soft_hyphenator


def test_only_long_words_get_soft_hyphens() -> None:
    """A word that fits a phone's line stays whole; the letters are the same."""
    text = "Die Donaudampfschifffahrtsgesellschaft fährt Donaudampf"
    soft = soft_hyphenator("de")(text)
    assert soft.replace("\u00ad", "") == text
    assert "\u00ad" in soft.split()[1]
    assert soft.split()[3] == "Donaudampf"


def test_a_language_without_patterns_is_left_alone() -> None:
    """Nothing is guessed."""
    assert soft_hyphenator("zh-Hant")("x" * 40) == "x" * 40
