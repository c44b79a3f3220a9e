"""A theme: the templates of an issue, the site's own before ours, file by file."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)

import newsletter
from newsletter.errors import Problem, RenderingError
from newsletter.rendering.tokens import Tokens, read_tokens
from newsletter.rendering.words import Speaker, speaker

PLAIN = (".txt.j2", ".css.j2")
"""Templates that hold no markup; every other is escaped, .mjml.j2 above all."""


def shipped_templates() -> Path:
    """Our templates: inside an installed package, or beside it in a checkout."""
    package = Path(newsletter.__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@dataclass(frozen=True)
class Theme:
    """Templates, tokens and words. `folders` are looked through in order, the site's first."""

    folders: tuple[Path, ...]
    tokens: Tokens

    @cached_property
    def environment(self) -> Environment:
        """Jinja, set so that strangers' words are escaped and an unknown name is an error."""
        return Environment(
            loader=FileSystemLoader(self.folders),
            autoescape=lambda name: not (name or "").endswith(PLAIN),  # noqa: S701 (escapes all others)
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The template filled in one pass; raises RenderingError naming file and line."""
        try:
            return self.environment.get_template(name).render(context)
        except Exception as error:  # a template is code of the site's: it may raise anything
            problem = self.explain(error, name)
            raise RenderingError(
                problem.message, file=problem.file, field=problem.field, fix=problem.fix
            ) from error

    def words(self, language: str) -> Speaker:
        """The fixed words in `language` (see words.py)."""
        return speaker(language, self.folders)

    def explain(self, error: Exception, name: str) -> Problem:
        """What a template's error means, where it stands, and what to do."""
        if isinstance(error, TemplateSyntaxError):
            return Problem(
                message=f"template syntax: {error.message}",
                file=f"{error.filename or error.name or name}:{error.lineno}",
                fix="mend that line; https://jinja.palletsprojects.com/templates has the language",
            )
        place = self._place(error) or name
        if isinstance(error, TemplateNotFound):
            folders = ", ".join(map(str, self.folders))
            return Problem(
                message=f"there is no template {error.name}",
                file=place,
                fix=f"correct the name, or add the file to one of {folders}",
            )
        if isinstance(error, UndefinedError):
            return Problem(
                message=str(error.message),
                file=place,
                fix="use a name that this template is given (docs/themes.md lists them)",
            )
        return Problem(message=f"{type(error).__name__}: {error}", file=place)

    def _place(self, error: Exception) -> str:
        """`file:line` of the innermost template in the error's traceback."""
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if any(Path(frame.filename).is_relative_to(folder) for folder in self.folders)
        ]
        return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def open_theme(site_templates: Path | None) -> Theme:
    """The default theme, overridden by what the site's `templates/issue` has.

    `site_templates` is the site's templates folder; it need not exist. Raises
    ConfigurationError when the tokens are wrong.
    """
    folders = [shipped_templates() / "issue"]
    if site_templates is not None and (site_templates / "issue").is_dir():
        folders.insert(0, site_templates.absolute() / "issue")
    return Theme(folders=tuple(folders), tokens=read_tokens(folders))
