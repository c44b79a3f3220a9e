"""Checks a theme before an issue uses it: renders every template with a sample issue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError

from newsletter.errors import ConfigurationError, Problem, RenderingError
from newsletter.rendering.html import MarkupError
from newsletter.rendering.lint import lint
from newsletter.rendering.markup import find_imbalance
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD, sample_issue, sample_items
from newsletter.rendering.theme import Theme

_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


def check_theme(theme: Theme) -> list[Problem]:
    """The problems of a theme, by file and line: syntax, unknown names, markup, lint.

    Compiles every template, then renders a sample of one item and one of nine.
    """
    problems = list(_syntax(theme))
    if not problems:
        for count in (1, 9):
            problems = _render_sample(theme, count)
            if problems:
                break
    return problems


def _syntax(theme: Theme) -> Iterator[Problem]:
    for name in _template_names(theme):
        try:
            theme.environment.get_template(name)
        except (TemplateError, UnicodeDecodeError) as error:
            yield theme.explain(error, name)
    for language in sorted(
        {path.stem for folder in theme.folders for path in folder.glob("words/*.po")}
    ):
        try:
            theme.words(language)
        except ConfigurationError as error:
            yield from error.problems


def _render_sample(theme: Theme, count: int) -> list[Problem]:
    items = sample_items(count)
    try:
        edition = render_edition(
            sample_issue(items),
            items,
            masthead=SAMPLE_MASTHEAD,
            theme=theme,
            nonce="sample-nonce",
            web_url="https://news.example.org/archive/sample/1",
        )
    except MarkupError as error:
        return list(_broken_markup(theme)) or [error.problem]
    except RenderingError as error:
        return [error.problem]
    except ConfigurationError as error:
        return list(error.problems)
    problems = [
        Problem(message=f"a template cannot render {out.title!r}: {out.detail}")
        for out in edition.left_out
    ]
    for found in lint(edition, items=items, masthead=SAMPLE_MASTHEAD):
        if found.severity == "blocking":
            name = found.element.partition(" ")[0].rstrip(">")
            location = _find(theme, name) if name.startswith("<") else ""
            message = f"{found.rule}: {found.element}"
            problems.append(Problem(message=message, file=location or None, fix=found.fix))
    return problems


def _broken_markup(theme: Theme) -> Iterator[Problem]:
    """The templates whose own tags are unbalanced; checked only once MJML has rejected the whole."""
    for name in _template_names(theme):
        path, source = _source(theme, name)
        imbalance = find_imbalance(_JINJA.sub(lambda match: "\n" * match[0].count("\n"), source))
        if imbalance and name.endswith(".mjml.j2"):
            yield Problem(
                message=imbalance.message,
                file=f"{path}:{imbalance.line}",
                fix="close the tag, or remove it",
            )


def _find(theme: Theme, start: str) -> str:
    """`file:line` of the first template that contains this start of a tag, or ""."""
    for name in _template_names(theme):
        path, source = _source(theme, name)
        position = source.find(start)
        if position >= 0:
            return f"{path}:{source.count(chr(10), 0, position) + 1}"
    return ""


def _template_names(theme: Theme) -> list[str]:
    return theme.environment.list_templates(extensions=["j2"])


def _source(theme: Theme, name: str) -> tuple[Path, str]:
    path = next(folder / name for folder in theme.folders if (folder / name).is_file())
    return path, path.read_text(encoding="utf-8")
