"""Tries a theme out before an issue needs it: every template, on a sample, names its mistakes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError

from newsletter.errors import ConfigurationError, Problem, RenderingError
from newsletter.rendering.html import MarkupError
from newsletter.rendering.lint import lint
from newsletter.rendering.markup import find_imbalance
from newsletter.rendering.press import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD, sample_issue, sample_items
from newsletter.rendering.theme import Theme

_JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


def check_theme(theme: Theme) -> list[Problem]:
    """What is wrong with the theme, by file and line: syntax, unknown names, markup, lint.

    Compiles every template, then prints a sample of one item and one of nine.
    """
    problems = list(_syntax(theme))
    if not problems:
        for count in (1, 9):
            problems = _print_sample(theme, count)
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


def _print_sample(theme: Theme, count: int) -> list[Problem]:
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
        Problem(message=f"a template cannot print {out.title!r}: {out.detail}")
        for out in edition.left_out
    ]
    for found in lint(edition, items=items, masthead=SAMPLE_MASTHEAD):
        if found.severity == "blocking":
            name = found.element.partition(" ")[0].rstrip(">")
            place = _find(theme, name) if name.startswith("<") else ""
            message = f"{found.rule}: {found.element}"
            problems.append(Problem(message=message, file=place or None, fix=found.fix))
    return problems


def _broken_markup(theme: Theme) -> Iterator[Problem]:
    """The template whose own tags do not pair, looked for only once MJML has refused the whole."""
    for name in _template_names(theme):
        path, source = _source(theme, name)
        imbalance = find_imbalance(_JINJA.sub(lambda match: "\n" * match[0].count("\n"), source))
        if imbalance and name.endswith(".mjml.j2"):
            yield Problem(
                message=imbalance.message,
                file=f"{path}:{imbalance.line}",
                fix="close the tag, or take it out",
            )


def _find(theme: Theme, start: str) -> str:
    """`file:line` of the first template that holds this start of a tag."""
    for name in _template_names(theme):
        path, source = _source(theme, name)
        place = source.find(start)
        if place >= 0:
            return f"{path}:{source.count(chr(10), 0, place) + 1}"
    return ""


def _template_names(theme: Theme) -> list[str]:
    return theme.environment.list_templates(extensions=["j2"])


def _source(theme: Theme, name: str) -> tuple[Path, str]:
    path = next(folder / name for folder in theme.folders if (folder / name).is_file())
    return path, path.read_text(encoding="utf-8")
