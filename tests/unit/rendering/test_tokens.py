"""Colours that can be read, and tokens that are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError
from newsletter.rendering.theme import open_theme
from newsletter.rendering.tokens import Palette
from tests.factories.editions import make_site_theme


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("muted", "paper"),
        ("muted", "page"),
        ("accent", "paper"),
        ("chip_ink", "chip"),
    ],
)
def test_contrast(mode: str, text: str, ground: str) -> None:
    """Every text of the default theme has a contrast of 4.5 or more in light and in dark."""
    palette: Palette = getattr(open_theme(None).tokens, mode)
    assert _contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


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
    """A file that is no TOML is named."""
    with pytest.raises(ConfigurationError, match=r"tokens\.toml: not valid TOML"):
        make_site_theme(tmp_path, tokens_toml="[light")
