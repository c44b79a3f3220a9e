"""Adds and removes webhooks in the text of newsletter.toml; everything else stays. Pure."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from typing import Any

import tomlkit

from newsletter.errors import ConfigurationError, Problem


def with_webhook(text: str, *, url: str, secret: str, events: Sequence[str]) -> str:
    """The text with one more webhook at its end.

    Raises ConfigurationError if they are written in a way that cannot be added to.
    """
    table = {"url": url, "secret": secret, "events": list(events)}
    expected = copy.deepcopy(tomllib.loads(text))
    end = "" if text.endswith("\n") else "\n"
    after = f"{text}{end}\n[[webhooks]]\n{tomlkit.dumps(table)}"
    try:
        expected.setdefault("webhooks", []).append(table)
        is_whole = tomllib.loads(after) == expected
    except (ValueError, AttributeError) as error:
        raise _not_changeable() from error
    if not is_whole:
        raise _not_changeable()
    return after


def without_webhook(text: str, url: str) -> str:
    """The text without the webhooks to this address. Raises ConfigurationError if there is none."""

    expected = copy.deepcopy(tomllib.loads(text))
    document: Any = tomlkit.parse(text)
    for content in (expected, document):
        hooks = content.get("webhooks", [])
        found = [number for number, hook in enumerate(hooks) if hook.get("url") == url]
        if not found:
            raise _not_changeable()
        for number in reversed(found):
            hooks.pop(number)
        if not hooks:
            content.pop("webhooks")
    after = tomlkit.dumps(document)
    if tomllib.loads(after) != expected:
        raise _not_changeable()
    return after


def _not_changeable() -> ConfigurationError:
    problem = Problem(
        message="the webhooks are written in a way that cannot be changed here",
        field="webhooks",
        fix="change them in newsletter.toml",
    )
    return ConfigurationError([problem])
