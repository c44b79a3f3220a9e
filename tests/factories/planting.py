"""Unforeseen errors, planted in the calls that a module makes to the floors below it."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import pytest


class PlantedError(Exception):
    """An error that nothing in the program raises on purpose."""


class PlantedPanic(BaseException):
    """What a library in Rust raises when it panics: not even an Exception."""


def calls_below(module: ModuleType, floor: str) -> list[str]:
    """The functions of other packages of ours that the module uses: `name` or `alias.name`.

    `floor` is the package whose own modules do not count.
    """
    found: set[str] = set()
    found |= {name for name, value in _late_imports(module).items() if _is_below(value, floor)}
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if _is_below(getattr(module, node.id, None), floor):
                found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            alias = getattr(module, node.value.id, None)
            if isinstance(alias, ModuleType) and _is_below(getattr(alias, node.attr, None), floor):
                found.add(f"{node.value.id}.{node.attr}")
    return sorted(found)


def plant(
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    call: str,
    *,
    error: type[BaseException] = PlantedError,
    where: Callable[..., bool] = lambda *_given, **_named: True,
) -> list[BaseException]:
    """Let the call raise where its arguments say so; the errors that it has raised."""
    alias, _, name = call.rpartition(".")
    owner: Any = getattr(module, alias) if alias else module
    if not hasattr(owner, name):  # a function of the module imports it when it runs
        value = _late_imports(module)[name]
        owner, name = sys.modules[value.__module__], value.__name__
    real = getattr(owner, name)
    raised: list[BaseException] = []

    def planted(*given: Any, **named: Any) -> Any:
        if not where(*given, **named):
            return real(*given, **named)
        raised.append(error("nobody foresaw this"))
        raise raised[-1]

    monkeypatch.setattr(owner, name, planted)
    return raised


def _late_imports(module: ModuleType) -> dict[str, Any]:
    """What the module's functions import when they run, by the name that they give it."""
    return {
        entry.asname or entry.name: getattr(importlib.import_module(node.module), entry.name)
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.module
        for entry in node.names
    }


def _is_below(value: object, floor: str) -> bool:
    home = inspect.unwrap(value).__module__ if isinstance(value, FunctionType) else ""
    ours = home.startswith(("newsletter.", "subscribers."))
    return ours and not home.startswith(f"{floor}.") and home != floor
