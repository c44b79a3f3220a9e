"""The `newsletter …` commands of the documentation, as they stand there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from newsletter.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PLACEHOLDERS = {"NAME": "weekly", "ISSUE": "weekly", "ID": "1", "DIR": "my-site"}
"""What a sentence leaves open."""

OTHERS = re.compile(r"docker build|psql|createuser|createdb|systemctl|useradd|install |litestream")
"""Programs that are told of newsletter, and are not newsletter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Documented:
    """One command: its words after `newsletter`, and the setting that stands before it, if any."""

    words: tuple[str, ...]
    setting: str = ""

    def __str__(self) -> str:
        return " ".join([*([self.setting] if self.setting else []), *self.words])


def documented_commands() -> list[Documented]:
    """Every command of every page, once: in blocks, in examples of the reference, in sentences."""
    found = [command for page in PAGES for command in commands_in(page.read_text(encoding="utf-8"))]
    return list(dict.fromkeys(found))


def commands_in(text: str) -> Iterator[Documented]:
    """Every command of a page."""
    for block in re.findall(r"```(?:sh|crontab)\n(.*?)```", text, flags=re.DOTALL):
        for line in block.splitlines():
            yield from _commands_of(line)
    for example in re.findall(r"^ +(?:Examples?: )?(newsletter .*)$", text, flags=re.MULTILINE):
        yield from _commands_of(example)
    sentences = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for phrase in re.findall(r"`newsletter\s+([a-z][^`]*)`", sentences):
        words = tuple(
            PLACEHOLDERS.get(word, word)
            for word in shlex.split(phrase.replace("--theme NAME", "--theme plum"))
        )
        if is_whole(words):
            yield Documented(words=words)


def is_whole(words: Sequence[str]) -> bool:
    """False for a mere mention, as in "look at it with `newsletter preview`"."""
    command, rest = leaf(words)
    # A command remembers the help options of its first context: they come from the program's own.
    program = click.Context(cli, **cli.context_settings)
    try:
        command.make_context(command.name, list(rest), parent=program)
    except click.MissingParameter:
        return False
    return True


def leaf(words: Sequence[str]) -> tuple[click.Command, Sequence[str]]:
    """The command that the words call, and its own arguments."""
    words = words[2:] if words[0] == "-C" else words
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"newsletter {' '.join(words)}: there is no such command"
        command, words = found, words[1:]
    return command, words


def _commands_of(line: str) -> Iterator[Documented]:
    for part in re.split(r"&&|\|\|", line):
        found = re.search(r"(?:(NEWSLETTER__\w+=\S+) |^|\s|/bin/)newsletter (?!-- )(.*)", part)
        if found and not OTHERS.match(part.strip()):
            words = tuple(shlex.split(found[2], comments=True))
            yield Documented(words=words, setting=found[1] or "")
