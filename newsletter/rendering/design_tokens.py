"""The design tokens of a theme: its colours, fonts and corner radius, read from tokens.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from newsletter.errors import ConfigurationError, Problem

FILE_NAME = "tokens.toml"

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


class DesignTokens(_Table):
    """The content of tokens.toml."""

    light: Palette
    dark: Palette
    fonts: Fonts
    shape: Shape


def read_design_tokens(folders: Sequence[Path]) -> DesignTokens:
    """Read the tokens; each key of an earlier folder overrides that of a later one.

    Raises ConfigurationError, which names file and field.
    """
    merged: dict[str, Any] = {}
    paths = [path for folder in folders if (path := folder / FILE_NAME).is_file()]
    for path in reversed(paths):
        for table, values in _read(path).items():
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


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem = Problem(
            message=f"not valid TOML: {error}", file=str(path), fix="correct that line"
        )
        raise ConfigurationError([problem]) from error
