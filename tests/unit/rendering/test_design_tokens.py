"""Colours that can be read, and tokens that are checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError
from newsletter.rendering.contrast import ENOUGH, contrast, contrast_inverted, from_hex
from newsletter.rendering.design_tokens import FONTS, palette_names
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


THEMES = [
    (name, palette)
    for name in theme_names()
    for palette in (None, *palette_names(open_theme(None, name).folders))
]


@pytest.mark.parametrize(("name", "palette"), THEMES)
def test_contrast(name: str, palette: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Every text of every palette has 4.5 or more in light, in our dark, and inverted by a client."""
    tokens = open_theme(None, name, palette=palette).tokens
    figures: list[tuple[str, float, float, float]] = []
    for text, ground in PAIRS:
        light = [from_hex(getattr(tokens.light, job)) for job in (text, ground)]
        dark = [from_hex(getattr(tokens.dark, job)) for job in (text, ground)]
        row = (contrast(*light), contrast(*dark), contrast_inverted(*light))
        figures.append((f"{text} on {ground}", *row))
    with capsys.disabled():
        print(f"\n{f'{name} {palette}':20} {'light':>7} {'dark':>7} {'inverted':>9}")
        for pair, light_one, dark_one, inverted in figures:
            print(f"  {pair:18} {light_one:7.2f} {dark_one:7.2f} {inverted:9.2f}")
    assert min(min(row[1:]) for row in figures) >= ENOUGH


@pytest.mark.parametrize("name", theme_names())
def test_every_theme_has_six_palettes(name: str) -> None:
    """Its own colours and five more, each different from the others."""
    folders = open_theme(None, name).folders
    palettes = [open_theme(None, name, palette=each).tokens for each in palette_names(folders)]
    accents = {each.light.accent for each in (open_theme(None, name).tokens, *palettes)}
    assert len(accents) == len(palettes) + 1 == 6


def test_chosen_palette_overrides_the_themes_colours_alone(tmp_path: Path) -> None:
    """Also where a theme has colours of its own; fonts and layout stay."""
    own, chosen = open_theme(None, "plum").tokens, open_theme(None, "plum", palette="ocean").tokens
    assert chosen.light == open_theme(None, palette="ocean").tokens.light
    assert (chosen.fonts, chosen.layout) == (own.fonts, own.layout)


def test_a_site_adds_palettes(tmp_path: Path) -> None:
    """A palette may hold only what differs from the theme's own colours."""
    make_site_theme(tmp_path, palettes_toml='[club.light]\naccent = "#7a1f2b"')
    theme = open_theme(tmp_path, palette="club")
    assert theme.tokens.light.accent == "#7a1f2b"
    assert theme.tokens.light.ink == open_theme(None).tokens.light.ink


def test_unknown_palette_names_those_there_are() -> None:
    """A palette that the theme does not have is a mistake in the configuration."""
    with pytest.raises(ConfigurationError) as caught:
        open_theme(None, "gazette", palette="ocean", field="newsletters.weekly.theme")
    assert caught.value.problem.field == "newsletters.weekly.palette"
    assert "sepia" in (caught.value.problem.fix or "")


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


@pytest.mark.parametrize("name", theme_names())
def test_a_newsletter_chooses_the_font_of_any_theme(name: str) -> None:
    """Headlines and text have it; the colours and the layout stay."""
    own = open_theme(None, name).tokens
    for font, stack in FONTS.items():
        tokens = open_theme(None, name, font=font).tokens
        assert (tokens.fonts.body, tokens.fonts.headline) == (stack, stack)
        assert (tokens.light, tokens.dark, tokens.layout) == (own.light, own.dark, own.layout)


@pytest.mark.parametrize("name", theme_names())
def test_a_denser_issue_shows_no_more_than_its_theme(name: str) -> None:
    """Only the lead has a picture, summaries are short or none, and the fonts stay."""
    own = open_theme(None, name).tokens
    compact, headlines = (
        open_theme(None, name, density=density).tokens for density in ("compact", "headlines")
    )
    assert compact.layout.cards == headlines.layout.cards == 0
    assert headlines.layout.row_summary == 0 <= compact.layout.row_summary <= 80
    assert compact.layout.row_summary <= own.layout.row_summary
    assert compact.layout.lead_width == own.layout.lead_width
    assert compact.fonts == own.fonts
