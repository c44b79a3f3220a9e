"""Colours that can be read, and tokens that are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError
from newsletter.rendering.contrast import ENOUGH, contrast, contrast_inverted, from_hex
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.editions import make_site_theme

PAIRS = (
    ("ink", "paper"),
    ("muted", "paper"),
    ("muted", "page"),
    ("accent", "paper"),
    ("chip_ink", "chip"),
    ("ink", "chip"),
)


@pytest.mark.parametrize("name", theme_names())
def test_contrast(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every text of every palette has 4.5 or more in light, in our dark, and inverted by a client."""
    tokens = open_theme(None, name).tokens
    figures: list[tuple[str, float, float, float]] = []
    for text, ground in PAIRS:
        light = [from_hex(getattr(tokens.light, job)) for job in (text, ground)]
        dark = [from_hex(getattr(tokens.dark, job)) for job in (text, ground)]
        row = (contrast(*light), contrast(*dark), contrast_inverted(*light))
        figures.append((f"{text} on {ground}", *row))
    with capsys.disabled():
        print(f"\n{name + ': contrast':20} {'light':>7} {'dark':>7} {'inverted':>9}")
        for pair, light_one, dark_one, inverted in figures:
            print(f"  {pair:18} {light_one:7.2f} {dark_one:7.2f} {inverted:9.2f}")
    assert min(min(row[1:]) for row in figures) >= ENOUGH


def test_site_changes_single_tokens(tmp_path: Path) -> None:
    """A site's tokens.toml may hold only what it changes."""
    theme = make_site_theme(tmp_path, tokens_toml='[light]\naccent = "#7a1f2b"')
    assert theme.tokens.light.accent == "#7a1f2b"
    assert theme.tokens.light.ink == open_theme(None).tokens.light.ink


@pytest.mark.parametrize(
    ("toml", "field"),
    [
        ('[light]\naccent = "red"', "light.accent"),
        ('[light]\naccent = "#abc"', "light.accent"),
        ('[light]\nacent = "#aabbcc"', "light.acent"),
        ("[shape]\nradius = 99", "shape.radius"),
        ('[fonts]\nbody = "a\\"; }"', "fonts.body"),
    ],
)
def test_wrong_token_is_named(tmp_path: Path, toml: str, field: str) -> None:
    """A colour MRML would drop in silence, or an unknown key, is named with file and field."""
    with pytest.raises(ConfigurationError) as caught:
        make_site_theme(tmp_path, tokens_toml=toml)
    assert caught.value.problem.field == field
    assert caught.value.problem.file == str(tmp_path / "issue" / "tokens.toml")


def test_broken_toml_is_named(tmp_path: Path) -> None:
    """A file that is not TOML is named."""
    with pytest.raises(ConfigurationError, match=r"tokens\.toml: not valid TOML"):
        make_site_theme(tmp_path, tokens_toml="[light")
