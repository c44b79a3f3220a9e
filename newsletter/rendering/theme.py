"""A theme: the templates of an issue, the site's own before ours, file by file."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import newsletter
from newsletter.errors import ConfigurationError, Problem, RenderingError
from newsletter.rendering.tokens import Tokens, read_tokens
from newsletter.rendering.words import Speaker, speaker

if TYPE_CHECKING:
    from jinja2 import Environment

PLAIN = (".txt.j2", ".css.j2")
"""Templates that hold no markup; every other is escaped, .mjml.j2 above all."""

STANDARD = "standard"
"""The theme of a newsletter that names none: `templates/issue` as it stands."""


def shipped_templates() -> Path:
    """Our templates: inside an installed package, or beside it in a checkout."""
    package = Path(newsletter.__file__).parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...], _state: tuple[tuple[str, int], ...]) -> Environment:
    """Compiling templates takes longer than an edition: kept until one of the files changes."""
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
    """The templates there are, and when each was last changed."""
    files = (path for folder in folders for path in sorted(folder.rglob("*.j2")))
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)


@dataclass(frozen=True)
class Theme:
    """Templates, tokens and words. `folders` are looked through in order, the site's first."""

    folders: tuple[Path, ...]
    tokens: Tokens

    @property
    def is_shipped(self) -> bool:
        """Whether no file of it is the site's own."""
        return all(folder.is_relative_to(shipped_templates()) for folder in self.folders)

    @cached_property
    def environment(self) -> Environment:
        """Jinja, set so that strangers' words are escaped and an unknown name is an error."""
        return _environment(self.folders, _state_of(self.folders))

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
        from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

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


def theme_names(site_templates: Path | None = None) -> list[str]:
    """The themes there are: ours, and the folders in the site's `templates/themes`."""
    folders = [parent / "themes" for parent in (shipped_templates(), site_templates) if parent]
    found = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    return sorted(found | {STANDARD})


def open_theme(site_templates: Path | None, name: str = STANDARD, *, field: str = "theme") -> Theme:
    """The theme called `name`, overridden by what the site's `templates/` has.

    A file is looked for in the site's `themes/NAME` and `issue`, then in ours of the same names.
    `site_templates` is the site's templates folder; it need not exist. Raises
    ConfigurationError for an unknown name (set in `field`), or when the tokens are wrong.
    """
    known = theme_names(site_templates)
    if name not in known:
        message = f"there is no theme {name!r}"
        fix = f"this site has: {', '.join(known)}"
        raise ConfigurationError([Problem(message=message, field=field, fix=fix)])
    parents = [site_templates.absolute()] if site_templates is not None else []
    places = [
        parent / sub
        for parent in (*parents, shipped_templates())
        for sub in (f"themes/{name}", "issue")
    ]
    folders = tuple(place for place in places if place.is_dir())
    return Theme(folders=folders, tokens=read_tokens(folders))
