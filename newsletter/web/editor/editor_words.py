"""Errors in an editor's words: a fix that only an operator can make names no machinery. Pure."""

from __future__ import annotations

import re

from newsletter.errors import Problem

_MACHINERY = re.compile(
    r"`|newsletter\.toml|\[\[|\b\w+\.\w+\.\w+|\b[a-z]+_[a-z_]+\b|\s--\w|\bDNS\b"
)

ASK = "ask who runs the site"


def fix_for_editor(problem: Problem) -> str:
    """The problem's fix, "" if it has none; ASK where it names a configuration key, a file or a command."""
    without_addresses = re.sub(r"https?://\S+|\S+@\S+", "", problem.fix or "")
    return ASK if _MACHINERY.search(without_addresses) else problem.fix or ""
