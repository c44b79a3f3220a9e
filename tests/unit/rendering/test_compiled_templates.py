"""Templates are compiled once in a process, and again when their text changes."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from jinja2 import Environment, FileSystemLoader

from newsletter.rendering.compiled_templates import CompiledTemplates


def environment(folder: Path, compiled: CompiledTemplates) -> Environment:
    """One that has loaded nothing yet."""
    return Environment(loader=FileSystemLoader(folder), bytecode_cache=compiled, autoescape=True)


def test_another_environment_does_not_compile_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one environment has compiled, the next one renders."""
    (tmp_path / "page.j2").write_text("Good {{ time }}!")
    compiled = CompiledTemplates()
    assert environment(tmp_path, compiled).get_template("page.j2").render(time="day") == "Good day!"

    def refuse(*_given: object, **_named: object) -> NoReturn:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "compile", refuse)
    page = environment(tmp_path, compiled).get_template("page.j2")
    assert page.render(time="night") == "Good night!"


def test_a_changed_file_is_compiled_again(tmp_path: Path) -> None:
    """Also when it has become what it was before."""
    compiled = CompiledTemplates()
    for text in ("one", "two", "one"):
        (tmp_path / "page.j2").write_text(text)
        assert environment(tmp_path, compiled).get_template("page.j2").render() == text


def test_files_of_one_name_in_two_folders_are_two_templates(tmp_path: Path) -> None:
    """A site's own page is not the shipped one."""
    compiled = CompiledTemplates()
    for name in ("shipped", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "page.j2").write_text(name)
    for name in ("shipped", "own"):
        assert environment(tmp_path / name, compiled).get_template("page.j2").render() == name
