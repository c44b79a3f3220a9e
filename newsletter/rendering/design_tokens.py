"""The design tokens of a theme: its colours, fonts and layout, read from tokens.toml and palettes.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from newsletter.errors import ConfigurationError, Problem

PAPER_WIDTH = 600
"""The width of an issue on wide screens, in CSS pixels."""

FILE_NAME = "tokens.toml"
PALETTES = "palettes.toml"
"""The further palettes of a theme: tables `[NAME.light]` and `[NAME.dark]`."""

# Six digits, because MRML silently drops other notations and Outlook misreads them.
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
FontStack = Annotated[str, StringConstraints(pattern=r"^[\w ,-]+$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Palette(_Table):
    """Colours by their use."""

    page: Colour
    paper: Colour
    ink: Colour
    muted: Colour
    hairline: Colour
    accent: Colour
    chip: Colour
    chip_ink: Colour


class Fonts(_Table):
    """Stacks of fonts installed on readers' machines; names are not quoted."""

    body: FontStack
    headline: FontStack


class Shape(_Table):
    """Lengths in CSS pixels."""

    radius: int = Field(ge=0, le=24)
    bar: int = Field(ge=0, le=12)
    """The height of the line in the accent colour on top of the paper."""


class StoryLayout(_Table):
    """How stories are laid out in an issue that is not too large.

    `lead_width` is the width of the lead's picture in CSS pixels, `cards` is how many stories of
    the sections show theirs, and `card_width` its width; the summaries are in characters, 0 for
    none.
    """

    lead_width: int = Field(ge=60, le=PAPER_WIDTH)

    cards: int = Field(ge=0, le=100)
    card_width: int = Field(ge=60, le=PAPER_WIDTH)
    card_summary: int = Field(ge=0, le=600)
    row_summary: int = Field(ge=0, le=600)


class DesignTokens(_Table):
    """The content of tokens.toml, in the colours of the palette that was chosen."""

    light: Palette
    dark: Palette
    fonts: Fonts
    shape: Shape
    layout: StoryLayout


FONTS = {
    "sans": "-apple-system, BlinkMacSystemFont, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
    "serif": "Iowan Old Style, Palatino Linotype, Palatino, Georgia, Times New Roman, serif",
}
"""The stacks that a newsletter can choose in place of its theme's."""

ROW_SUMMARIES = {"compact": 80, "headlines": 0}
"""The most characters of a summary, by how dense an issue is to be."""


def restyled(tokens: DesignTokens, *, font: str | None, density: str | None) -> DesignTokens:
    """The tokens with fonts of FONTS and a density of ROW_SUMMARIES in place of their own."""
    changes: dict[str, Any] = {}
    if font is not None:
        changes["fonts"] = Fonts(body=FONTS[font], headline=FONTS[font])
    if density is not None:
        most = min(tokens.layout.row_summary, ROW_SUMMARIES[density])
        fewer = {"cards": 0, "card_summary": 0, "row_summary": most}
        changes["layout"] = tokens.layout.model_copy(update=fewer)
    return tokens.model_copy(update=changes)


def palette_names(folders: Sequence[Path]) -> list[str]:
    """The names of a theme's further palettes, from the first folder that has some.

    Raises ConfigurationError.
    """
    return sorted(_palettes(folders))


def read_design_tokens(folders: Sequence[Path], palette: str | None = None) -> DesignTokens:
    """Read the tokens; each key of an earlier folder overrides that of a later one.

    The colours of `palette`, one of `palette_names`, override all others. Raises
    ConfigurationError, which names file and field.
    """
    merged: dict[str, Any] = {}
    paths = [path for folder in folders if (path := folder / FILE_NAME).is_file()]
    chosen = _palettes(folders)[palette] if palette is not None else {}
    for tables in (*map(_read, reversed(paths)), chosen):
        for table, values in tables.items():
            known = merged.setdefault(table, {})
            merged[table] = {**known, **values} if isinstance(values, dict) else values
    try:
        return DesignTokens.model_validate(merged)
    except ValidationError as error:
        problems = [
            Problem(
                message=mistake["msg"],
                file=str(paths[0]) if paths else FILE_NAME,
                field=".".join(str(part) for part in mistake["loc"]),
                fix="a colour is # and six hexadecimal digits; a font stack is names and commas",
            )
            for mistake in error.errors(include_url=False)
        ]
        raise ConfigurationError(problems) from error


def _palettes(folders: Sequence[Path]) -> dict[str, Any]:
    paths = (path for folder in folders if (path := folder / PALETTES).is_file())
    first = next(paths, None)
    return _read(first) if first else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = Problem(
            message=f"not valid TOML: {error}", file=str(path), fix="correct that line"
        )
        raise ConfigurationError([problem]) from error
