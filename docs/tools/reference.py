"""Writes the reference: docs/configuration.md from the settings, docs/reference/*.md from the rest.

`make reference` runs it; a test holds the pages to what it would write.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from newsletter.cli.main import cli
from newsletter.config import (
    hooks,
    oauth,
    popular,
    publication,
    servers,
    settings,
    sign_in,
    sign_up,
    source,
)
from newsletter.rendering import masthead, views

DOCS = Path(__file__).parents[1]
MADE = "<!-- Written by docs/tools/reference.py: change the program's own words, then `make reference`. -->"

CONFIGURATION = f"""# newsletter.toml

{MADE}

A site is a folder with `newsletter.toml`. `newsletter check` reads it and names every mistake with
file, field and fix. Unknown keys are errors that suggest the nearest one.

Any value can come from the environment: `NEWSLETTER__SITE__DATABASE`,
`NEWSLETTER__RELAYS__0__PORT`, `NEWSLETTER__NEWSLETTERS__WEEKLY__APPROVAL`. A secret can be read
from a file: `password_file = "relay.pw"` instead of `password`, `secret_key_file` instead of
`secret_key`. Paths are relative to the site's folder. Spans of time are written `30s`, `15m`, `6h`,
`2d`, `1w`, rates `100/s`, `5000/h`, dates `2026-12-28`.
"""


def configuration() -> str:
    """docs/configuration.md: every table with its keys, meanings and defaults."""
    words = _words(settings, servers, sign_in, sign_up, hooks, oauth, publication, source, popular)
    parts = [CONFIGURATION]
    for name, field in settings.Settings.model_fields.items():
        model = _model_in(field.annotation)
        if model is None:
            parts.append(_section(words["Settings"][name]))
        else:
            parts += _tables(model, words)
    return "\n".join(dict.fromkeys(parts))  # a table in two places is described once


def _tables(model: type[BaseModel], words: dict[str, dict[str, str]]) -> Iterator[str]:
    said: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        said |= words.get(kind.__name__, {})
    rows = []
    below = []
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None:
            below.append(inner)
        rows.append(f"| `{field.alias or name}` | {said[name]} | {_default(field)} |")
    yield _section(said[""])
    yield "\n".join(["| key | meaning | default |", "|---|---|---|", *rows, ""])
    for inner in below:
        yield from _tables(inner, words)


def _section(words: str) -> str:
    """`[site]: what it is.` as a heading and a paragraph."""
    place, _, text = words.partition(": ")
    level = "###" if re.search(r"\.[a-z]+\]|\]\.", place) else "##"
    return f"{level} {place}\n\n{text[:1].upper()}{text[1:]}\n"


def _model_in(kind: Any) -> type[BaseModel] | None:
    """The table that a key holds: one, none, a list or a mapping of it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (Union, UnionType, tuple, dict):
        return next((found for part in get_args(kind) if (found := _model_in(part))), None)
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), {}, "") or _model_in(field.annotation) is not None:
        return ""
    if isinstance(value, timedelta):
        return f"`{_span(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{value}`"


def _span(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0 and seconds > size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _words(*modules: ModuleType) -> dict[str, dict[str, str]]:
    """Class to field to the string under it; "" is the class's own docstring."""
    found: dict[str, dict[str, str]] = {}
    for module in modules:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = {"": _paragraphs(ast.get_docstring(node) or "")}
                for field, text in zip(node.body, node.body[1:], strict=False):
                    match field, text:
                        case (
                            ast.AnnAssign(target=ast.Name(id=name)),
                            ast.Expr(value=ast.Constant(value=str(words))),
                        ):
                            found[node.name][name] = _paragraphs(inspect.cleandoc(words))
    return found


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def command_line() -> str:
    """docs/reference/command-line.md: every command with its help as the terminal shows it."""
    parts = [
        f"# The command line\n\n{MADE}\n",
        "Each command takes `--json` (one JSON document on stdout). Exit codes: see "
        "[Send every week](../how-to/send-every-week.md#when-something-went-wrong).\n",
    ]
    with click.Context(cli, info_name="newsletter", **cli.context_settings) as context:
        parts.append(_help(cli, context, "newsletter"))
        for name in cli.list_commands(context):
            parts += _commands(cli, name, context, f"newsletter {name}")
    return "\n".join(parts)


def _commands(group: click.Group, name: str, parent: click.Context, path: str) -> Iterator[str]:
    command = group.get_command(parent, name)
    if command is None:
        return
    with click.Context(command, info_name=name, parent=parent) as context:
        yield _help(command, context, path)
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                yield from _commands(command, inner, context, f"{path} {inner}")


def _help(command: click.Command, context: click.Context, path: str) -> str:
    context.max_content_width = context.terminal_width = 90
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {path}\n\n```text\n{text}\n```\n"


def templates() -> str:
    """docs/reference/templates.md: what a theme's templates are given."""
    classes = [masthead.Masthead, *_dataclasses(views)]
    parts = [
        f"# Template variables\n\n{MADE}\n",
        "What the templates of an issue (`templates/issue`, or a theme's) work with. How to change "
        "a theme file by file is told in [Themes](../themes.md).\n",
    ]
    for kind in classes:
        parts.append(f"## {kind.__name__}\n\n{_paragraphs(inspect.getdoc(kind) or '')}\n")
        rows = [
            f"| `{field.name}` | `{_type_name(field.type)}` |"
            for field in dataclasses.fields(kind)
            if not field.name.startswith("_")
        ]
        properties = [
            f"| `{name}` | {(inspect.getdoc(member) or '').splitlines()[0]} |"
            for name, member in vars(kind).items()
            if not name.startswith("_")
            and (isinstance(member, property) or callable(member))
            and inspect.getdoc(member)
        ]
        parts.append("\n".join(["| name | is |", "|---|---|", *rows, *properties, ""]))
    return "\n".join(parts)


def _dataclasses(module: ModuleType) -> list[Any]:
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type)
        and dataclasses.is_dataclass(kind)
        and kind.__module__ == module.__name__
    ]


def _type_name(kind: Any) -> str:
    text = (
        kind if isinstance(kind, str) else typing.cast("str", getattr(kind, "__name__", str(kind)))
    )
    return re.sub(r"\s*\|\s*", " or ", text)


PAGES = {
    "configuration.md": configuration,
    "reference/command-line.md": command_line,
    "reference/templates.md": templates,
}


def main() -> int:
    """Write every page."""
    for name, make in PAGES.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
