"""Themes: the templates of an issue. A file of the site overrides the shipped file of that name."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import newsletter
from newsletter.errors import ConfigurationError, Problem, RenderingError
from newsletter.rendering.design_tokens import (
    DesignTokens,
    palette_names,
    read_design_tokens,
    restyled,
)
from newsletter.rendering.translation import Translator, translator

if TYPE_CHECKING:
    from jinja2 import Environment

PLAIN = (".txt.j2", ".css.j2")
"""Templates without markup; in all others, values are escaped."""

STANDARD = "standard"
"""The default theme: `templates/issue` unchanged."""


def shipped_templates() -> Path:
    """The folder of the shipped templates: in the installed package, or beside it in a checkout."""
    package = Path(newsletter.__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], _state: tuple[tuple[str, int], ...]) -> Environment:
    """Cached until a file changes, because compiling templates takes longer than rendering them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=lambda name: not (name or "").endswith(PLAIN),  # noqa: S701 (escapes all others)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _state_of(folders: Sequence[Path]) -> tuple[tuple[str, int], ...]:
    """The template files with their times of modification."""
    files = (path for folder in folders for path in sorted(folder.rglob("*.j2")))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)


@dataclass(frozen=True)
class Theme:
    """Templates, design tokens and translations. `folders` are searched in order, the site's first."""

    folders: tuple[Path, ...]
    tokens: DesignTokens

    @property
    def is_shipped(self) -> bool:
        """Whether all its files are shipped ones."""
        return all(folder.is_relative_to(shipped_templates()) for folder in self.folders)

    @cached_property
    def environment(self) -> Environment:
        """The Jinja environment: values are escaped, and an unknown name is an error."""
        return _environment(self.folders, _state_of(self.folders))

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """Render a template; raises RenderingError, which names file and line."""
        try:
            return self.environment.get_template(name).render(context)
        except Exception as error:  # a site's template may raise any error
            problem = self.explain(error, name)
            raise RenderingError(
                problem.message, file=problem.file, field=problem.field, fix=problem.fix
            ) from error

    def words(self, language: str) -> Translator:
        """A translator of the fixed texts into `language` (see translation.py)."""
        return translator(language, self.folders)

    def explain(self, error: Exception, name: str) -> Problem:
        """Describe a template's error: what it means, its file and line, and the fix."""
        from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

        if isinstance(error, TemplateSyntaxError):
            return Problem(
                message=f"template syntax: {error.message}",
                file=f"{error.filename or error.name or name}:{error.lineno}",
                fix="correct that line; https://jinja.palletsprojects.com/templates describes the syntax",
            )
        location = self._location(error) or name
        if isinstance(error, TemplateNotFound):
            folders = ", ".join(map(str, self.folders))
            return Problem(
                message=f"there is no template {error.name}",
                file=location,
                fix=f"correct the name, or add the file to one of {folders}",
            )
        if isinstance(error, UndefinedError):
            return Problem(
                message=str(error.message),
                file=location,
                fix="use a name that this template is given (docs/themes.md lists them)",
            )
        return Problem(message=f"{type(error).__name__}: {error}", file=location)

    def _location(self, error: Exception) -> str:
        """`file:line` of the innermost template in the error's traceback."""
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if any(Path(frame.filename).is_relative_to(folder) for folder in self.folders)
        ]
        return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def theme_names(site_templates: Path | None = None) -> list[str]:
    """The names of all themes: the shipped ones, and the folders in the site's `templates/themes`."""
    folders = [parent / "themes" for parent in (shipped_templates(), site_templates) if parent]
    found = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    return sorted(found | {STANDARD})


def open_theme(
    site_templates: Path | None,
    name: str = STANDARD,
    *,
    palette: str | None = None,
    font: str | None = None,
    density: str | None = None,
    field: str = "theme",
) -> Theme:
    """Open the theme called `name`, with the files that override it in `site_templates`.

    A file is searched for in the site's `themes/NAME` and `issue`, then in the shipped folders
    of the same names. `site_templates` need not exist. `font` and `density` are those that a
    newsletter's settings allow. Raises ConfigurationError for an unknown
    name, which was set in `field`, an unknown palette, or for wrong tokens.
    """
    known = theme_names(site_templates)
    if name not in known:
        message = f"there is no theme {name!r}"
        fix = f"this site has: {', '.join(known)}"
        raise ConfigurationError([Problem(message=message, field=field, fix=fix)])
    parents = [site_templates.absolute()] if site_templates is not None else []
    candidates = [
        parent / sub
        for parent in (*parents, shipped_templates())
        for sub in (f"themes/{name}", "issue")
    ]
    folders = tuple(folder for folder in candidates if folder.is_dir())
    palettes = palette_names(folders)
    if palette is not None and palette not in palettes:
        message = f"the theme {name!r} has no palette {palette!r}"
        fix = f"leave palette out for its own colours, or choose one of: {', '.join(palettes)}"
        at = f"{field.removesuffix('theme')}palette"
        raise ConfigurationError([Problem(message=message, field=at, fix=fix)])
    tokens = read_design_tokens(folders, palette)
    return Theme(folders=folders, tokens=restyled(tokens, font=font, density=density))
